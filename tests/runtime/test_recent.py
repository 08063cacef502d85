"""A turn reads the last turns and a snapshot; what it finds is as if it had read everything."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine

from bot.objections.db import Database
from bot.runtime.redaction import REMOVED, filing_since
from bot.runtime.retention import make_index
from bot.runtime.snapshot import Snapshot
from bot.runtime.store import ConversationStore, Ended, StoreError
from bot.runtime.store_table import events
from bot.runtime.turns import turns

ANA = "a" * 40
SLOT = {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}
NAMES = ("draft_id", "full_name", "references")
DOMAIN = Domain.from_dict(
    {
        "intents": ["greet", "file_objection"],
        "slots": {name: dict(SLOT) for name in NAMES},
        "forms": {"objection_form": {"required_slots": ["full_name"]}},
    }
)


@pytest.fixture
def store(engine: Engine) -> ConversationStore:
    return ConversationStore(engine, DOMAIN, recent_turns=2)


def welcome() -> list[Event]:
    return [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        BotUttered("welcome"),
        ActionExecuted("action_listen"),
    ]


def turn(text: str, *within: Event) -> list[Event]:
    """A person's words, what they set off, and the bot at rest."""
    return [
        UserUttered(text, {"name": "greet"}, message_id=f"id-{text}"),
        *within,
        BotUttered(f"re {text}", {"buttons": [{"title": text, "payload": "/greet"}]}),
        ActionExecuted("action_listen"),
    ]


async def talk(store: ConversationStore, *said: list[Event]) -> None:
    """Carry out turns, each as Rasa does: read, go on, keep."""
    for one in said:
        tracker = await store.retrieve(ANA)
        if tracker is None:
            tracker = DialogueStateTracker(ANA, DOMAIN.slots)
            tracker.update_with_events(welcome(), DOMAIN)
        tracker.update_with_events(one, DOMAIN)
        await store.save(tracker)


def all_of(engine: Engine) -> str:
    """Everything that is kept, as text."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(events.c.data, events.c.snapshot)).all()
    return json.dumps([list(row) for row in rows])


async def read_by_a_turn(store: ConversationStore, message_id: str = "new") -> list[Any]:
    async with store.turn(ANA, message_id) as held:
        return list(held.recent)


async def test_what_a_turn_reads_does_not_grow_with_the_conversation(
    store: ConversationStore,
) -> None:
    sizes = []
    for number in range(40):
        await talk(store, turn(f"{number}"))
        sizes.append(len(await read_by_a_turn(store)))
    assert max(sizes[20:]) <= max(sizes[:20]) < len(await store.events(ANA)) / 5


async def test_a_turn_finds_at_least_the_last_turns(store: ConversationStore) -> None:
    for number in range(20):
        await talk(store, turn(f"{number}"))
        found = [one.text for one in turns(await read_by_a_turn(store))]
        assert found[-2:] == [str(n) for n in range(number + 1)][-2:]


async def test_the_whole_conversation_stays_on_record(store: ConversationStore) -> None:
    await talk(store, *(turn(f"{number}") for number in range(20)))
    found = turns(await store.events(ANA))
    assert [one.text for one in found] == [f"{number}" for number in range(20)]
    assert [m.text for m in found[0].answer] == ["welcome", "re 0"]


async def test_slots_and_the_form_stay_however_long_ago_they_were_set(
    store: ConversationStore,
) -> None:
    begin = [SlotSet("draft_id", "d1"), ActionExecuted("objection_form"),
             ActiveLoop("objection_form"), SlotSet("full_name", "Ana"),
             SlotSet("requested_slot", "email")]
    await talk(store, turn("object", *begin), *(turn(f"{number}") for number in range(20)))
    tracker = await store.retrieve(ANA)
    assert tracker is not None
    assert [tracker.get_slot(n) for n in ("full_name", "requested_slot")] == ["Ana", "email"]
    assert tracker.active_loop_name == "objection_form"
    assert len(tracker.events) < 40


async def test_a_turn_of_long_ago_is_found_by_its_message(store: ConversationStore) -> None:
    await talk(store, *(turn(f"{number}") for number in range(20)))
    for number in (0, 7, 19):
        (found,) = turns(await store.events_of(ANA, f"id-{number}"))
        assert found.text == f"{number}"
        assert found.answer[-1].text == f"re {number}"
        async with store.turn(ANA, f"id-{number}") as held:
            assert turns(held.repeated) == [found]
    assert await store.events_of(ANA, "id-20") == []
    assert await store.events_of("b" * 40, "id-1") == []


async def test_the_first_answer_has_its_welcome_when_it_is_repeated(
    store: ConversationStore,
) -> None:
    await talk(store, *(turn(f"{number}") for number in range(20)))
    (first,) = turns(await store.events_of(ANA, "id-0"))
    assert [message.text for message in first.answer] == ["welcome", "re 0"]


async def test_a_turn_reads_once_and_sees_what_it_kept(
    store: ConversationStore, engine: Engine
) -> None:
    await talk(store, turn("one"))
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    async with store.turn(ANA, "id-two") as held:
        sa.event.listen(engine, "before_cursor_execute", note)
        tracker = await store.retrieve(ANA)
        assert tracker is not None
        assert statements == []
        tracker.update_with_events(turn("two"), DOMAIN)
        await store.save(tracker)
        assert held.recent == await store.events(ANA)
        sa.event.remove(engine, "before_cursor_execute", note)


async def test_somebody_elses_conversation_is_not_the_one_that_is_held(
    store: ConversationStore,
) -> None:
    await talk(store, turn("one"))
    async with store.turn(ANA, "id-two"):
        assert await store.retrieve("b" * 40) is None


async def test_a_long_filing_leaves_nothing_personal_when_it_is_over(
    store: ConversationStore, engine: Engine
) -> None:
    begins = [
        UserUttered("I am Ana Silva", {"name": "file_objection"}),
        SlotSet("draft_id", "d1"),
        SlotSet("full_name", "Ana Silva"),
        BotUttered("Ana Silva?", metadata={"utter_action": "say_file_changed"}),
        ActionExecuted("action_listen"),
    ]
    await talk(store, *(turn(f"before {n}") for n in range(6)), begins,
               *(turn(f"silver {n}") for n in range(9)))
    assert all_of(engine).count("Silva") > 3
    # By now the turn that ends the filing does not read its start, and a snapshot holds the name.
    assert "Silva" not in json.dumps(await read_by_a_turn(store))

    await talk(store, turn("silver cancel", SlotSet("full_name", None), SlotSet("draft_id", None)))
    assert "Silva" not in all_of(engine)
    said = [event["text"] for event in await store.events(ANA, "user")]
    assert said == [f"before {n}" for n in range(6)] + [REMOVED] * 11
    await talk(store, *(turn(f"after {n}") for n in range(9)))
    assert "Silva" not in all_of(engine)


async def test_of_two_filings_only_the_one_that_ends_is_cleared(store: ConversationStore) -> None:
    def begins(draft: str) -> list[Event]:
        return turn(f"object {draft}", SlotSet("draft_id", draft), SlotSet("full_name", draft))

    end = [SlotSet("full_name", None), SlotSet("draft_id", None)]
    await talk(store, begins("d1"), turn("stop", *end), *(turn(f"{n}") for n in range(9)),
               begins("d2"), *(turn(f"in {n}") for n in range(9)))
    said = [event["text"] for event in await store.events(ANA, "user")]
    assert said[:3] == [REMOVED, REMOVED, "0"]
    assert said[11:] == ["object d2", *(f"in {n}" for n in range(9))]


async def test_a_conversation_that_was_deleted_meanwhile_is_not_brought_back(
    store: ConversationStore,
) -> None:
    await talk(store, turn("one"))
    tracker = await store.retrieve(ANA)
    assert tracker is not None
    await store.delete(ANA)
    tracker.update_with_events(turn("two"), DOMAIN)
    with pytest.raises(StoreError):
        await store.save(tracker)
    # Nor is it begun anew.
    fresh = DialogueStateTracker(ANA, DOMAIN.slots)
    fresh.update_with_events(turn("three"), DOMAIN)
    with pytest.raises(Ended):
        await store.save(fresh)
    assert await store.retrieve(ANA) is None


async def test_a_table_of_an_earlier_version_is_brought_up_to_date(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS conversation_event")
        connection.exec_driver_sql(
            "CREATE TABLE conversation_event (conversation VARCHAR(64) NOT NULL, number INTEGER "
            "NOT NULL, at FLOAT NOT NULL, kind VARCHAR(32) NOT NULL, data TEXT NOT NULL, "
            "PRIMARY KEY (conversation, number))"
        )
        columns = map(sa.column, ("conversation", "number", "at", "kind", "data"))
        said = [*welcome(), *(event for n in range(9) for event in turn(f"{n}"))]
        rows = [
            {"conversation": ANA, "number": number, "at": event.timestamp,
             "kind": event.as_dict()["event"], "data": json.dumps(event.as_dict())}
            for number, event in enumerate(said)
        ]
        connection.execute(sa.insert(sa.table("conversation_event", *columns)), rows)

    for _ in range(2):
        store = ConversationStore(engine, DOMAIN, recent_turns=2)
        (found,) = turns(await store.events_of(ANA, "id-3"))
        assert found.answer[0].text == "re 3"
    await talk(store, turn("next"))
    assert len(await read_by_a_turn(store)) < len(said) / 2
    with engine.connect() as connection:
        made = {index["name"] for index in sa.inspect(connection).get_indexes(events.name)}
    assert made == {index.name for index in events.indexes}


async def test_a_turn_walks_through_no_more_of_the_database_in_a_long_conversation(
    sqlite: Engine, database_file: Path
) -> None:
    """Counted in the steps of SQLite's machine, so that it needs no clock."""
    store = ConversationStore(sqlite, DOMAIN, recent_turns=2)
    # Each index is one more way to find a row; SQLite takes some for better than they are.
    database = Database(f"sqlite:///{database_file}")
    make_index(database)
    database.dispose()
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    def watch(connection: Any, *_: Any) -> None:
        connection.connection.set_progress_handler(step, 1)

    async def taken(numbers: range) -> int:
        """The steps of these turns, and of hearing an early message again."""
        nonlocal steps
        steps = 0
        for number in numbers:
            async with store.turn(ANA, f"id-{number}"):
                await talk(store, turn(f"{number}"))
        await read_by_a_turn(store, "id-3")
        return steps

    sa.event.listen(sqlite, "before_cursor_execute", watch)
    await taken(range(20))
    early = await taken(range(20, 40))
    await taken(range(40, 300))
    late = await taken(range(300, 320))
    sa.event.remove(sqlite, "before_cursor_execute", watch)
    assert 0 < late < 1.05 * early


# What may happen within a turn, as it happens in ours.
_within = st.lists(
    st.one_of(
        st.builds(SlotSet, st.sampled_from(NAMES), st.sampled_from([None, "x", "y", ["z"]])).map(
            lambda event: [event]
        ),
        st.sampled_from(
            [
                [ActionExecuted("objection_form"), ActiveLoop("objection_form")],
                [ActionExecuted("objection_form"), ActiveLoop(None)],
                [ActionExecutionRejected("objection_form"), ActionExecuted("utter_greet")],
                [ActionExecuted("utter_greet")],
            ]
        ),
    ),
    max_size=4,
).map(lambda groups: [event for group in groups for event in group])


def rules_see(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """The last states, as rules look at them; none of ours reads a text."""
    states = tracker.past_states(DOMAIN)[-2:]
    for state in states:
        state.get("user", {}).pop("text", None)
    return [dict(state) for state in states]


@given(st.lists(_within, min_size=5, max_size=20), st.integers(1, 4))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_snapshot_and_what_followed_give_the_same_state_as_all_events(
    within: list[list[Event]], late: int
) -> None:
    every = [turn(str(n), *events) for n, events in enumerate(within)]
    early, recent = every[:-late], every[-late:]

    def tracker(*parts: list[Event]) -> DialogueStateTracker:
        evts = [event for part in parts for event in part]
        return DialogueStateTracker.from_events(ANA, evts, DOMAIN.slots)

    snapshot = Snapshot.of(tracker(welcome(), *early), None)
    stored = Snapshot(**json.loads(json.dumps(snapshot.as_dict())))
    short, whole = tracker(stored.events(1.0), *recent), tracker(welcome(), *every)
    # Rasa copies a tracker before each action by replaying its events.
    for one in (short, short.copy()):
        assert one.current_slot_values() == whole.current_slot_values()
        assert one.active_loop_name == whole.active_loop_name
        assert one.is_active_loop_rejected == whole.is_active_loop_rejected
        assert one.is_active_loop_interrupted == whole.is_active_loop_interrupted
        assert one.latest_action == whole.latest_action
        assert one.followup_action == whole.followup_action
        assert rules_see(one) == rules_see(whole)


@pytest.mark.parametrize(
    ("values", "before", "since"),
    [
        ([], None, None),
        ([], "d1", -1),
        (["d1"], None, 0),
        (["d1"], "d1", -1),
        (["d1", None], None, None),
        ([None], "d1", None),
        (["d2"], "d1", 0),
        (["d1", None, "d2"], None, 4),
    ],
)
def test_where_the_filing_that_is_going_on_began(
    values: list[str | None], before: str | None, since: int | None
) -> None:
    said = [
        event.as_dict()
        for n, value in enumerate(values)
        for event in (UserUttered(f"{n}"), SlotSet("draft_id", value))
    ]
    assert filing_since(said, before) == since


_STEPS = ("talk", "talk", "talk", "begin", "name", "code", "end", "end with a name")


@given(st.lists(st.sampled_from(_STEPS), min_size=6, max_size=24), st.integers(1, 3))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_goes_a_filing_keeps_its_details_and_nothing_is_left_of_one_that_is_over(
    sqlite: Engine, steps: list[str], recent_turns: int
) -> None:
    store = ConversationStore(sqlite, DOMAIN, recent_turns=recent_turns)
    over: list[str] = []
    told: list[str] = []
    draft, name = None, None

    async def carry_out() -> None:
        nonlocal draft, name
        # As on a new database: for the store a deleted conversation is over for good.
        with sqlite.begin() as connection:
            connection.execute(events.delete())
        for number, step in enumerate(steps):
            within: list[Event] = []
            text = f"t{number}"
            if step in ("name", "end with a name") and draft is not None:
                name = f"Silva{number}x"
                told.append(name)
                text, within = f"I am {name}", [SlotSet("full_name", name)]
            if step == "begin":
                # Begun anew, too, without an end of the one before.
                over.extend(told)
                draft, name, told[:] = f"d{number}", None, []
                within = [SlotSet("full_name", None), SlotSet("draft_id", draft)]
            if step.startswith("end"):
                over.extend(told)
                draft, name, told[:] = None, None, []
                within += [SlotSet("full_name", None), SlotSet("draft_id", None)]
            parsed = {}
            if step == "code":
                text = f"Code{number}x"
                over.append(text)
                parsed = {"topic": "check_status/code", "text": text}
            said = UserUttered(text, {"name": "greet"}, message_id=f"{number}", parse_data=parsed)
            await talk(store, [said, *turn("", *within)[1:]])
            kept = all_of(sqlite)
            assert [word for word in over if word in kept] == []
            tracker = await store.retrieve(ANA)
            assert tracker is not None
            assert tracker.get_slot("full_name") == name
            assert tracker.get_slot("draft_id") == draft

    asyncio.run(carry_out())
