"""Old conversations go, whole; and the service looks after it by itself."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import retention as housekeeping
from bot.objections import model
from bot.objections.db import Database
from bot.objections.errors import StorageError
from bot.objections.postman import Files
from bot.retention import Housekeeping, remove
from bot.runtime import retention
from bot.runtime.retention import delete_old, make_index
from bot.runtime.store import ConversationStore, Ended, events
from bot.settings import Settings
from tests.unit.objections.conftest import url
from tests.unit.objections.examples import filing
from tests.unit.objections.mailing import postman, service

__all__ = ["url"]

NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
DAY = 24 * 3600.0


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    ConversationStore(database.engine)
    yield database
    database.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({"DATA_DIR": str(tmp_path)})


def say(database: Database, *days_ago: float, conversation: str = "") -> str:
    """A conversation whose events happened so many days before NOW, in their order."""
    conversation = conversation or uuid.uuid4().hex
    with database.session() as session:
        for number, days in enumerate(days_ago):
            session.execute(
                events.insert().values(
                    conversation=conversation,
                    number=number,
                    at=NOW.timestamp() - days * DAY,
                    kind="user",
                    data="{}",
                )
            )
    return conversation


def left(database: Database) -> dict[str, int]:
    """The conversations that are stored, with the number of their events."""
    counted = sa.select(events.c.conversation, sa.func.count()).group_by(events.c.conversation)
    with database.session(read_only=True) as session:
        return {row[0]: row[1] for row in session.execute(counted)}


def test_a_conversation_is_old_when_its_last_event_is(database: Database) -> None:
    say(database, 90, 60, 30.1)
    begun_long_ago = say(database, 90, 60, 29.9)
    assert delete_old(database, NOW - timedelta(days=30)) == 1
    assert left(database) == {begun_long_ago: 3}


def test_more_than_a_batch_is_deleted_and_no_more_than_was_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    for _ in range(7):
        say(database, 40, 39)
    before = NOW - timedelta(days=30)
    assert delete_old(database, before, dry_run=True) == 7
    assert len(left(database)) == 7
    assert delete_old(database, before, at_most=2) == 2
    assert delete_old(database, before) == 5
    assert left(database) == {}


def test_without_conversations_there_is_nothing_to_do(url: str) -> None:
    database = Database(url)
    assert delete_old(database, NOW) == 0
    make_index(database)
    database.dispose()


def test_the_last_event_is_found_without_reading_the_events(database: Database) -> None:
    make_index(database)
    make_index(database)
    found = {index["name"] for index in sa.inspect(database.engine).get_indexes(events.name)}
    assert "ix_conversation_event_conversation_at" in found


def test_two_processes_may_make_the_index_at_once(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        for made in [pool.submit(make_index, database) for _ in range(4)]:
            made.result()


def test_a_conversation_that_goes_on_at_the_last_moment_is_kept_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = say(database, 40)
    delete = retention._delete

    def said_something_first(session: sa.engine.Connection, old: object) -> int:
        session.execute(
            events.insert().values(
                conversation=conversation, number=1, at=NOW.timestamp(), kind="user", data="{}"
            )
        )
        return delete(session, old)

    monkeypatch.setattr(retention, "_delete", said_something_first)
    assert delete_old(database, NOW - timedelta(days=30)) == 0
    assert left(database) == {conversation: 2}


def test_a_turn_that_has_read_is_waited_for(database: Database) -> None:
    """Half a conversation would be left by a turn that appends behind the deletion."""
    conversation = say(database, 40, 39)
    read, may_append = threading.Event(), threading.Event()

    def turn() -> None:
        with database.session() as session:
            last = sa.select(sa.func.max(events.c.number))
            number = session.execute(last.where(events.c.conversation == conversation)).scalar_one()
            read.set()
            may_append.wait(5)
            session.execute(
                events.insert().values(
                    conversation=conversation,
                    number=number + 1,
                    at=NOW.timestamp(),
                    kind="user",
                    data="{}",
                )
            )

    with ThreadPoolExecutor(2) as pool:
        answering = pool.submit(turn)
        assert read.wait(5)
        deleting = pool.submit(delete_old, database, NOW - timedelta(days=30))
        threading.Timer(0.3, may_append.set).start()
        answering.result()
        assert deleting.result() == 0
    assert left(database) == {conversation: 3}


# --- with the record, as the service does it


def test_everything_is_removed_by_the_settings(database: Database, settings: Settings) -> None:
    say(database, 31)
    young = say(database, 29)
    assert remove(database, settings, NOW, dry_run=True)["conversations"] == 1
    removed = remove(database, settings, NOW)
    assert removed == {
        "persons": 0, "holds": 0, "codes": 0, "mails": 0, "displays": 0, "conversations": 1,
    }
    assert list(left(database)) == [young]


def test_zero_days_keeps_conversations_for_ever(database: Database, tmp_path: Path) -> None:
    say(database, 4000)
    settings = Settings.load({"DATA_DIR": str(tmp_path), "CONVERSATION_DAYS": "0"})
    assert remove(database, settings, NOW)["conversations"] == 0
    assert len(left(database)) == 1


async def test_it_runs_again_and_again_also_after_a_failure(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    often = asyncio.Event()
    loop = asyncio.get_running_loop()

    def failing(*arguments: object, **options: object) -> dict[str, int]:
        runs.append(threading.current_thread())
        if len(runs) > 2:
            loop.call_soon_threadsafe(often.set)
        raise StorageError()

    monkeypatch.setattr(housekeeping, "remove", failing)
    service = Housekeeping(database, settings, first=0, pause=0.01)
    service.start()
    await asyncio.wait_for(often.wait(), 10)
    await service.stop()
    stopped_at = len(runs)
    await asyncio.sleep(0.05)
    assert len(runs) == stopped_at
    # Beside the event loop, which answers meanwhile.
    assert threading.main_thread() not in runs


async def test_stopping_waits_for_the_run_in_hand(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(*arguments: object, **options: object) -> dict[str, int]:
        begun.set()
        go_on.wait(5)
        ended.set()
        return {}

    monkeypatch.setattr(housekeeping, "remove", slow)
    service = Housekeeping(database, settings, first=0, pause=0.01)
    service.start()
    assert await asyncio.to_thread(begun.wait, 5)
    stopping = asyncio.ensure_future(service.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    go_on.set()
    await stopping
    assert ended.is_set()


async def test_that_a_conversation_was_deleted_is_known_until_its_token_has_expired(
    database: Database, settings: Settings
) -> None:
    store = ConversationStore(database.engine)
    lifetime = timedelta(seconds=settings.session_lifetime)
    ana = say(database, 0)
    await store.delete(ana)
    now = datetime.now(timezone.utc)

    remove(database, settings, now + lifetime - timedelta(minutes=1), dry_run=False)
    with pytest.raises(Ended):
        await store.events(ana)
    remove(database, settings, now + lifetime + timedelta(minutes=1), dry_run=True)
    with pytest.raises(Ended):
        await store.events(ana)
    remove(database, settings, now + lifetime + timedelta(minutes=1))
    assert await store.events(ana) == []


async def test_a_mail_in_a_file_goes_when_it_is_on_record_no_more(
    database: Database, settings: Settings
) -> None:
    service(database).file(filing())
    await postman(database, Files(settings.mail_dir)).deliver()
    (mail,) = settings.mail_dir.iterdir()
    begun = mail.with_name(f".{mail.stem}.part")
    mine = settings.mail_dir / "notes.eml"
    for one in (begun, mine):
        one.write_text("")

    remove(database, settings, NOW)
    remove(database, settings, NOW + timedelta(days=400), dry_run=True)
    assert {*settings.mail_dir.iterdir()} == {mail, begun, mine}
    # As when a person is erased while a mail to them is being written.
    with database.session() as session:
        session.execute(sa.delete(model.outbox))
    remove(database, settings, NOW)
    assert {*settings.mail_dir.iterdir()} == {mine}


async def test_stopping_what_never_started_is_nothing(
    database: Database, settings: Settings
) -> None:
    await Housekeeping(database, settings).stop()


async def test_the_server_starts_and_ends_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sanic import Sanic

    from bot.app import Application, web

    monkeypatch.setattr(Sanic, "test_mode", True)
    application = Application(settings, tmp_path / "no-model")
    app = web(application, settings)
    runs = threading.Event()
    monkeypatch.setattr(housekeeping, "remove", lambda *a, **o: runs.set() or {})
    monkeypatch.setattr(application.housekeeping, "_first", 0)
    loop = asyncio.get_running_loop()
    listeners = {each.event: each.listener for each in app._future_listeners}
    await listeners["before_server_start"](app, loop)
    assert await asyncio.to_thread(runs.wait, 5)
    await listeners["after_server_stop"](app, loop)
    assert application.housekeeping._task is None
