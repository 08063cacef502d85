"""The database is locked, full, or gone and comes back: nothing is falsely confirmed, nothing that
was said is lost, and the same message sent again completes what it began."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.objections.db import PATIENCE_S, Database
from bot.runtime.conversation import TurnFailed
from tests.conftest import Server
from tests.conversations.conftest import Person
from tests.conversations.steps import REFERENCE, objects
from tests.faults.conftest import Start, held_up, recorded, settings_of, url_of
from tests.faults.people import Somebody
from tests.faults.proxy import Proxy

pytestmark = pytest.mark.slow

Trouble = Callable[[], AbstractContextManager[object]]


@pytest.fixture(scope="module")
def on_sqlite(begin: Start) -> Server:
    """A server with its data in a file."""
    return begin()


@pytest.fixture(scope="module")
def on_postgresql(begin: Start, proxy: Proxy) -> Server:
    """A server that reaches its database by a way that can be cut."""
    return begin(**settings_of(proxy.url))


def locked(server: Server) -> AbstractContextManager[object]:
    """Somebody else writes, and takes their time."""
    return _writing(server.data_dir / "objections.db")


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def file_gone(server: Server) -> Iterator[None]:
    """The file is put away, and SQLite makes empty ones in its place."""
    file = server.data_dir / "objections.db"
    _at_rest(file).rename(file.with_name("elsewhere"))
    assert not server.is_ready()
    yield
    assert not server.is_ready()
    _at_rest(file)
    file.with_name("elsewhere").rename(file)


def _at_rest(file: Path) -> Path:
    """The file, once all is in it that was written: what is still in the log of writes would not
    go with it."""
    while file.with_name(f"{file.name}-wal").exists():
        time.sleep(0.01)
    return file


@contextmanager
def folder_gone(server: Server) -> Iterator[None]:
    """The folder with everything is put away."""
    elsewhere = server.data_dir.with_name(f"{server.data_dir.name}-elsewhere")
    server.data_dir.rename(elsewhere)
    assert not server.is_ready()
    yield
    elsewhere.rename(server.data_dir)


@contextmanager
def disk_full(server: Server) -> Iterator[None]:
    """No file of the server can grow by a byte: neither the database nor mail nor the log."""
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("trouble", [locked, file_gone, folder_gone, disk_full])
async def test_on_sqlite_what_could_not_be_done_is_done_when_it_is_sent_again(
    on_sqlite: Server, trouble: Callable[[Server], AbstractContextManager[object]]
) -> None:
    await _is_completed_afterwards(on_sqlite, lambda: trouble(on_sqlite))


async def test_a_file_that_others_write_to_for_a_while_costs_nobody_an_answer(
    on_sqlite: Server,
) -> None:
    """On a busy machine a few of 4,000 messages were answered 503 for that, after five seconds."""
    people = [Somebody([on_sqlite.address], f"busy{number}") for number in range(6)]
    await asyncio.gather(*(one.files(up_to="objection_confirmed") for one in people))
    before = len(recorded(url_of(on_sqlite)))
    with locked(on_sqlite):
        confirming = [
            asyncio.create_task(one.says_once("yes", f"the-yes-of-{one.name}")) for one in people
        ]
        # Longer than somebody waits who has no turn to answer: a desk's command.
        await asyncio.sleep(PATIENCE_S + 3)
        assert not any(one.done() for one in confirming)
    for one, answer in zip(people, await asyncio.gather(*confirming), strict=True):
        assert answer.status_code == 200, answer.text
        one.hears(f"the-yes-of-{one.name}", "yes", answer.json()["messages"])
        assert len(one.confirmed) == 2
        await one.assert_all_is_remembered_once()
    assert len(recorded(url_of(on_sqlite))) == before + 2 * len(people)


@contextmanager
def cut(proxy: Proxy) -> Iterator[None]:
    """Every connection is dropped, and no new one is let through."""
    proxy.cut()
    yield
    proxy.mend()


async def test_postgresql_goes_and_comes_back(on_postgresql: Server, proxy: Proxy) -> None:
    @contextmanager
    def gone() -> Iterator[None]:
        with cut(proxy):
            assert not on_postgresql.is_ready()
            yield

    await _is_completed_afterwards(on_postgresql, gone)


async def _is_completed_afterwards(server: Server, trouble: Trouble) -> None:
    ana, ben = (Somebody([server.address], f"{name}{id(trouble)}") for name in ("ana", "ben"))
    await asyncio.gather(
        ana.files(up_to="objection_confirmed"), ben.files(up_to="unlinked_accounts")
    )
    before = len(recorded(url_of(server)))
    said = [*ana.sent], [*ben.sent]

    with trouble():
        answers = await asyncio.gather(
            ana.says_once("yes", "the-yes-of-ana"),
            ben.says_once(ben.answers["unlinked_accounts"], "accounts-of-ben"),
        )
        for answer in answers:
            assert (answer.status_code, answer.json()["error"]) == (503, "failed")
            assert int(answer.headers["retry-after"]) >= 1
            assert REFERENCE.findall(answer.text) == []
    assert await asyncio.to_thread(server.is_ready)
    assert len(recorded(url_of(server))) == before
    # Nothing that was said before is lost.
    assert [*ana.sent] == said[0] and [*ben.sent] == said[1]
    await ana.assert_all_is_remembered_once()
    await ben.assert_all_is_remembered_once()

    assert "2 objections are recorded" in await ana.says("yes", "the-yes-of-ana")
    await ben.says(ben.answers["unlinked_accounts"], "accounts-of-ben")
    await ben.files()
    for one in (ana, ben):
        await one.assert_all_is_remembered_once()
        assert len(one.confirmed) == 2
    assert len(recorded(url_of(server))) == before + 4
    assert {*ana.confirmed, *ben.confirmed} <= {*recorded(url_of(server))}


async def test_connections_that_postgresql_ends_cost_nobody_an_answer(
    on_postgresql: Server, postgresql: str, proxy: Proxy
) -> None:
    ana = Somebody([on_postgresql.address], "ended")
    await ana.begins()
    engine = sa.create_engine(postgresql, future=True)
    ended = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = :name AND state = 'idle'"
    )
    await ana.says("I want to object")
    while ana.asked is not None and not ana.confirmed:
        with engine.connect() as connection:
            assert connection.execute(ended, {"name": proxy.name}).scalar_one() >= 1
        await ana.says(ana.answers[ana.asked])
    engine.dispose()
    assert ana.refusals == []
    assert len(ana.confirmed) == 2


async def test_an_action_that_hangs_past_its_limit_confirms_nothing_and_nothing_is_filed_twice(
    on_postgresql: Server, postgresql: str
) -> None:
    ana, ben = Somebody([on_postgresql.address], "hangs"), Somebody([on_postgresql.address], "ben")
    await asyncio.gather(ana.files(up_to="objection_confirmed"), ben.files(up_to="full_name"))
    before = len(recorded(postgresql))

    with held_up(postgresql, "objection") as held:
        confirming = asyncio.create_task(ana.says_once("yes", "the-yes-of-ana"))
        await held.until_waiting(1)
        # Nobody else waits for it.
        assert await ben.says("when does it start?")
        answer = await confirming
    assert answer.status_code == 200
    ana.hears("the-yes-of-ana", "yes", answer.json()["messages"])
    assert "cannot tell you" in ana.told
    assert ana.confirmed == []

    await ana.says("yes")
    assert len(ana.confirmed) == 2
    assert len(recorded(postgresql)) == before + 2
    await ana.assert_all_is_remembered_once()


def test_a_full_database_files_nothing_and_the_same_message_files_once_there_is_room(
    person: Person, rows: Callable[[str], int]
) -> None:
    objects(person)
    before, database = rows("objection"), person.application.database
    with _full(database):
        # Small things still fit into pages that are there, until there are none.
        for number in range(100):
            try:
                told = person.says("yes", f"the-yes-{number}")
            except TurnFailed:
                break
            assert "nothing has been filed" in told
            assert rows("objection") == before
        else:
            pytest.fail("it was never full")
    assert "2 objections are recorded" in person.says("yes", f"the-yes-{number}")
    assert rows("objection") == before + 2


@contextmanager
def _full(database: Database) -> Iterator[None]:
    """A SQLite database that takes not a page more than it has."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    database.dispose()
    sa.event.listen(database.engine, "connect", limit)
    try:
        yield
    finally:
        sa.event.remove(database.engine, "connect", limit)
        database.dispose()
