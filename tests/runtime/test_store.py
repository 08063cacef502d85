"""What was said is kept, in order and once; a failure is seen and loses nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine

from bot.runtime.redaction import REMOVED
from bot.runtime.store import ConversationStore, Ended, StoreError, events

SURROGATE = "\ud800"
ANA, BEN = "a" * 40, "b" * 40
SLOT = {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}
DOMAIN = Domain.from_dict({"slots": {"draft_id": dict(SLOT), "full_name": dict(SLOT)}})


@pytest.fixture
def store(engine: Engine) -> ConversationStore:
    return ConversationStore(engine, DOMAIN)


@pytest.fixture
def on_sqlite(sqlite: Engine) -> ConversationStore:
    return ConversationStore(sqlite, DOMAIN)


def conversation(sender: str, *said: str) -> DialogueStateTracker:
    """A conversation in which a person said this and the bot repeated it."""
    tracker = DialogueStateTracker(sender, DOMAIN.slots)
    add(tracker, *said)
    return tracker


def add(tracker: DialogueStateTracker, *said: str) -> None:
    for text in said:
        tracker.update(UserUttered(text, {"name": "greet"}, message_id=f"id-{text}"))
        tracker.update(BotUttered(text, metadata={"utter_action": "utter_greet"}))
        tracker.update(ActionExecuted("action_listen"))


async def said(store: ConversationStore, sender: str) -> list[str]:
    """What the person said, as it is stored."""
    return [event["text"] for event in await store.events(sender) if event["event"] == "user"]


async def again(store: ConversationStore, sender: str) -> DialogueStateTracker:
    tracker = await store.retrieve(sender)
    assert tracker is not None
    return tracker


async def test_what_was_saved_is_read_again_in_its_order(store: ConversationStore) -> None:
    tracker = conversation(ANA, "one", "two", "three")
    await store.save(tracker)

    assert await store.events(ANA) == [event.as_dict() for event in tracker.events]
    read = await again(store, ANA)
    assert [event.as_dict() for event in read.events] == await store.events(ANA)


async def test_a_turn_is_added_to_what_was_there(store: ConversationStore) -> None:
    await store.save(conversation(ANA, "one"))
    before = await store.events(ANA)
    tracker = await again(store, ANA)
    add(tracker, "two")
    await store.save(tracker)

    after = await store.events(ANA)
    assert after[: len(before)] == before
    assert await said(store, ANA) == ["one", "two"]


async def test_saving_the_same_twice_stores_it_once(store: ConversationStore) -> None:
    tracker = conversation(ANA, "one")
    await store.save(tracker)
    await store.save(tracker)

    assert await said(store, ANA) == ["one"]


async def test_a_conversation_that_nobody_had_is_none(store: ConversationStore) -> None:
    assert await store.retrieve(ANA) is None
    assert await store.events(ANA) == []


async def test_deleting_takes_one_conversation_and_no_other(store: ConversationStore) -> None:
    await store.save(conversation(ANA, "one"))
    await store.save(conversation(BEN, "two"))
    assert set(await store.keys()) == {ANA, BEN}
    await store.delete(ANA)

    assert await store.retrieve(ANA) is None
    # It is known as deleted, and nothing is read of it or added to it any more.
    with pytest.raises(Ended):
        await store.events(ANA)
    with pytest.raises(Ended):
        async with store.turn(ANA, "another"):
            pytest.fail("it was begun anew")
    # To delete it once more is no error.
    await store.delete(ANA)
    assert list(await store.keys()) == [BEN]
    assert await said(store, BEN) == ["two"]


async def test_of_two_who_answer_the_same_message_the_second_is_refused(
    store: ConversationStore,
) -> None:
    await store.save(conversation(ANA, "one"))
    first, second = await again(store, ANA), await again(store, ANA)
    add(first, "two")
    add(second, "another two", "and three")
    await store.save(first)
    kept = await store.events(ANA)

    with pytest.raises(StoreError):
        await store.save(second)
    assert await store.events(ANA) == kept


async def test_a_writer_with_less_to_add_is_refused_too(store: ConversationStore) -> None:
    await store.save(conversation(ANA, "one"))
    first, second = await again(store, ANA), await again(store, ANA)
    add(first, "two", "three")
    add(second, "another two")
    await store.save(first)

    with pytest.raises(StoreError):
        await store.save(second)
    assert await said(store, ANA) == ["one", "two", "three"]


async def test_of_many_who_write_at_once_exactly_one_succeeds(store: ConversationStore) -> None:
    await store.save(conversation(ANA, "one"))
    trackers = [await again(store, ANA) for _ in range(8)]
    for number, tracker in enumerate(trackers):
        add(tracker, f"answer {number}")
    results = await asyncio.gather(
        *(store.save(tracker) for tracker in trackers), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["StoreError"] * 7
    assert len(await said(store, ANA)) == 2


async def test_the_database_itself_refuses_a_number_that_is_taken(
    store: ConversationStore, engine: Engine
) -> None:
    await store.save(conversation(ANA, "one"))
    row = {"conversation": ANA, "number": 0, "at": 0.0, "kind": "user", "data": "{}"}
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(events.insert(), [row])


async def test_texts_of_every_kind_come_back_as_they_were(store: ConversationStore) -> None:
    texts = ["Zoë 😀", "a\nb\tc", "{x} %s 0[", "'; DROP TABLE conversation_event; --", "\u202e"]
    await store.save(conversation(ANA, *texts))
    assert await said(store, ANA) == texts


async def test_what_belongs_to_a_filing_is_gone_once_the_filing_is_over(
    store: ConversationStore, engine: Engine
) -> None:
    tracker = conversation(ANA, "before")
    begun: list[Event] = [
        UserUttered("I object, I am Ana Silva", {"name": "file_objection"}),
        SlotSet("draft_id", "d1"),
        SlotSet("full_name", "Ana Silva"),
    ]
    for event in begun:
        tracker.update(event)
    await store.save(tracker)
    assert (await again(store, ANA)).get_slot("full_name") == "Ana Silva"

    for event in (UserUttered("cancel", {"name": "cancel"}), SlotSet("full_name", None),
                  SlotSet("draft_id", None)):
        tracker.update(event)
    await store.save(tracker)

    assert await said(store, ANA) == ["before", REMOVED, REMOVED]
    with engine.connect() as connection:
        stored = " ".join(connection.execute(sa.select(events.c.data)).scalars())
    assert "Silva" not in stored
    add(tracker, "after")
    await store.save(tracker)
    assert (await said(store, ANA))[-1] == "after"


@pytest.mark.parametrize("sender", [SURROGATE, f"x{SURROGATE}"])
async def test_an_id_that_no_database_takes_is_an_error_and_the_store_works_on(
    store: ConversationStore, sender: str
) -> None:
    await store.save(conversation(ANA, "one"))
    for work in (
        store.retrieve(sender),
        store.save(conversation(sender, "one")),
        store.delete(sender),
    ):
        with pytest.raises(StoreError):
            await work
    assert await said(store, ANA) == ["one"]


async def test_rasas_own_store_ends_the_process_at_such_an_id(tmp_path: Path) -> None:
    """Why there is a store of our own: one id would stop the server for everybody."""
    stock = SQLTrackerStore(Domain.empty(), dialect="sqlite", db=str(tmp_path / "stock.db"))
    with pytest.raises(SystemExit):
        await stock.retrieve(SURROGATE)


class BrokenStore(SQLTrackerStore):
    """Rasa's store while its database does not answer."""

    def __init__(self) -> None:
        super().__init__(Domain.empty(), dialect="sqlite", db="")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("gone"))


async def test_rasas_own_safety_net_takes_a_failed_read_for_a_new_person() -> None:
    """Why the store is used without it: the person's turns would be lost without a word."""
    with pytest.raises(sa.exc.OperationalError):
        await BrokenStore().retrieve(ANA)
    assert await FailSafeTrackerStore(BrokenStore()).retrieve(ANA) is None


async def assert_every_use_fails(store: ConversationStore, tracker: DialogueStateTracker) -> None:
    for work in (store.retrieve(ANA), store.events(ANA), store.delete(ANA), store.keys(),
                 store.save(tracker)):
        with pytest.raises(StoreError):
            await work


async def test_while_the_database_is_no_database_every_use_is_an_error_and_nothing_is_lost(
    on_sqlite: ConversationStore, database_file: Path
) -> None:
    tracker = conversation(ANA, "one")
    await on_sqlite.save(tracker)
    with sqlite3.connect(database_file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    healthy = database_file.read_bytes()
    add(tracker, "two")

    database_file.write_bytes(b"this is no database, but long enough to be read as one" * 100)
    await assert_every_use_fails(on_sqlite, tracker)

    database_file.write_bytes(healthy)
    assert await said(on_sqlite, ANA) == ["one"]
    await on_sqlite.save(tracker)
    assert await said(on_sqlite, ANA) == ["one", "two"]


async def test_while_the_database_is_not_there_every_use_is_an_error(
    sqlite: Engine, database_file: Path
) -> None:
    store = ConversationStore(sqlite, DOMAIN)
    tracker = conversation(ANA, "one")
    await store.save(tracker)
    folder = database_file.parent
    sqlite.dispose()

    folder.rename(folder.with_name("elsewhere"))
    await assert_every_use_fails(store, tracker)

    folder.with_name("elsewhere").rename(folder)
    assert await said(store, ANA) == ["one"]


async def test_a_save_that_fails_in_the_middle_leaves_nothing_of_itself(
    on_sqlite: ConversationStore, sqlite: Engine
) -> None:
    await on_sqlite.save(conversation(ANA, "one"))
    with sqlite.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON conversation_event WHEN NEW.number = 5 "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    before: list[dict[str, Any]] = await on_sqlite.events(ANA)
    tracker = await again(on_sqlite, ANA)
    add(tracker, "two")

    with pytest.raises(StoreError):
        await on_sqlite.save(tracker)
    assert await on_sqlite.events(ANA) == before


async def test_an_error_of_the_store_carries_nobodys_words(on_sqlite: ConversationStore) -> None:
    with pytest.raises(StoreError) as failure:
        await on_sqlite.retrieve(f"ana@example.org{SURROGATE}")
    assert "ana@example.org" not in str(failure.value)
