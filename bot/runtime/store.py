"""The conversation store: Rasa's tracker store on SQLite or PostgreSQL.

Different from Rasa's own where that one loses data, stops the server or grows slow:

- an error rolls back and is raised as `StoreError`; Rasa's exits the process on a ValueError;
- it is used bare, without `FailSafeTrackerStore`, whose failed read makes a person look new;
- each event has a number in its conversation, unique in the database, and only what was read is
  continued, so that of two processes that answer at once only one appends;
- a turn reads the last turns and a snapshot of what held before them, not the whole conversation,
  and it reads them once;
- `delete` exists, and a filing that ends (filed or cancelled) takes its personal words along.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine

from bot.runtime.redaction import filing_since, has_details, redacted
from bot.runtime.snapshot import Snapshot
from bot.runtime.store_table import Event, at, ended, events, message_id_of, prepare
from bot.runtime.tracker import LightTracker

__all__ = ["ConversationStore", "Ended", "Event", "Held", "StoreError", "events"]

# A turn reads at least so many turns before it, and less than twice as many.
RECENT_TURNS = 2


class StoreError(Exception):
    """A conversation could not be read or written; what was stored before is unchanged."""


class Ended(Exception):
    """The conversation was deleted; nothing can be read of it or added to it."""


@dataclass(frozen=True)
class _Recent:
    """The last events of a conversation.

    Attributes:
        first: number of the first of them.
        snapshot: what held before them; None where nothing came before.
    """

    first: int = 0
    snapshot: Snapshot | None = None
    events: list[Event] = field(default_factory=list)

    def filing_from(self, count: int) -> int | None:
        """Number at which the filing began that is going on after the first `count` events."""
        before = self.snapshot or Snapshot()
        index = filing_since(self.events[:count], before.slots.get("draft_id"))
        if index is None:
            return None
        return before.filing_from if index < 0 else self.first + index


@dataclass
class Held:
    """A conversation during one turn, read once.

    Attributes:
        conversation: its id.
        recent: its last events, each as a dict; after the turn was kept, that turn included.
        repeated: the events of an earlier turn with the same message id; empty when it is new.
    """

    conversation: str
    repeated: list[Event]
    _recent: _Recent

    @property
    def recent(self) -> list[Event]:
        return self._recent.events

    @property
    def before(self) -> dict[str, Any]:
        """The slots that held before `recent`, and the form under `active_loop`."""
        snapshot = self._recent.snapshot
        return {} if snapshot is None else {**snapshot.slots, "active_loop": snapshot.loop}


class RecentTracker(LightTracker):
    """A tracker that begins with a snapshot instead of the conversation's first events."""

    recent = _Recent()
    # How many of its events stand for the snapshot.
    before = 0


# The conversation that the present task carries on; each turn is a task of its own.
_held: ContextVar[Held | None] = ContextVar("held", default=None)


class ConversationStore(TrackerStore):
    """Reads and appends the events of conversations.

    Args:
        engine: where the table `conversation_event` is; made when absent.
        domain: given by the agent when its model is loaded.
        recent_turns: how many turns before it a turn reads at least.
    """

    def __init__(
        self, engine: Engine, domain: Domain | None = None, recent_turns: int = RECENT_TURNS
    ) -> None:
        super().__init__(domain)
        self._engine = engine
        # Reading must not wait for who writes: on SQLite a transaction takes the write lock else.
        self._reading = engine.execution_options(objections_read_only=True)
        self._recent_turns = recent_turns
        with self._transaction() as connection:
            prepare(connection)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a conversation as it stands, with its last events; None when there is
        none."""
        held = _held.get()
        if held is not None and held.conversation == sender_id:
            recent = held._recent
        else:
            recent = await asyncio.to_thread(self._read_recent, sender_id)
        return self._tracker(sender_id, recent) if recent.events else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what happened since the conversation was read, in one transaction."""
        if not tracker.events:
            return
        kept = await asyncio.to_thread(self._append, tracker)
        held = _held.get()
        if held is not None and held.conversation == tracker.sender_id:
            held._recent = kept

    @asynccontextmanager
    async def turn(self, conversation: str, message_id: str) -> AsyncIterator[Held]:
        """Read a conversation once for the turn that this task carries out. Raises Ended."""
        held = await asyncio.to_thread(self._hold, conversation, message_id)
        token = _held.set(held)
        try:
            yield held
        finally:
            _held.reset(token)

    async def events(self, conversation: str, kind: str | None = None) -> list[Event]:
        """All events of a conversation as dicts, oldest first, or those of one kind. Raises
        Ended."""
        return await asyncio.to_thread(self._read, conversation, kind)

    async def events_of(self, conversation: str, message_id: str) -> list[Event]:
        """The events of the turn with this message id; empty when there is none."""
        return await asyncio.to_thread(self._read_turn, conversation, message_id)

    async def delete(self, conversation: str) -> None:
        """Delete a conversation for good. To do it twice is no error."""
        await asyncio.to_thread(self._delete, conversation)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""
        return await asyncio.to_thread(self._keys)

    def _tracker(self, conversation: str, recent: _Recent) -> DialogueStateTracker:
        before = recent.snapshot.events(at(recent.events[0])) if recent.snapshot else []
        replayed = [*before, *deserialise_events(recent.events)]
        tracker = RecentTracker.from_events(conversation, replayed, self.domain.slots)
        tracker.recent, tracker.before = recent, len(before)
        return tracker

    def _hold(self, conversation: str, message_id: str) -> Held:
        with self._transaction(self._reading) as connection:
            _refuse_ended(connection, conversation)
            recent = _recent(connection, conversation)
            repeated = _turn(connection, conversation, message_id)
        return Held(conversation, repeated, recent)

    def _read_recent(self, conversation: str) -> _Recent:
        with self._transaction(self._reading) as connection:
            return _recent(connection, conversation)

    def _read_turn(self, conversation: str, message_id: str) -> list[Event]:
        with self._transaction(self._reading) as connection:
            return _turn(connection, conversation, message_id)

    def _read(self, conversation: str, kind: str | None = None) -> list[Event]:
        with self._transaction(self._reading) as connection:
            _refuse_ended(connection, conversation)
            return _loaded(connection, conversation, *([events.c.kind == kind] if kind else []))

    def _append(self, tracker: DialogueStateTracker) -> _Recent:
        conversation = tracker.sender_id
        known = getattr(tracker, "recent", _Recent())
        before = getattr(tracker, "before", 0)
        own = [event.as_dict() for event in list(tracker.events)[before:]]
        all_recent = _Recent(known.first, known.snapshot, own)
        last_stored = (
            sa.select(events.c.number, events.c.at)
            .where(events.c.conversation == conversation)
            .order_by(events.c.number.desc())
            .limit(1)
        )
        with self._transaction() as connection:
            last = connection.execute(last_stored).first()
            stored = 0 if last is None else last.number + 1
            new = stored - known.first
            goes_on = last is None or [last.at] == [at(event) for event in own[new - 1 : new]]
            if new < 0 or (known.events and last is None) or (new and not goes_on):
                # Somebody else appended since this conversation was read, or deleted it.
                raise StoreError("Conflict")
            if last is None:
                _refuse_ended(connection, conversation)
            if own[new:]:
                connection.execute(
                    events.insert(),
                    [_row(conversation, stored + i, event) for i, event in enumerate(own[new:])],
                )
            cleaned = _redact(connection, conversation, all_recent, new)
            self._move_snapshot(connection, tracker, all_recent, cleaned)
        return all_recent

    def _move_snapshot(
        self, connection: Connection, tracker: DialogueStateTracker, recent: _Recent, cleaned: bool
    ) -> None:
        """Keep a later snapshot when the turns behind the last one have become many; one that holds
        what was just taken out of the conversation is kept without it."""
        conversation = tracker.sender_id
        one = events.c.conversation == conversation
        begins = [i for i, event in enumerate(recent.events) if _waits_before(recent.events, i)]
        if len(begins) >= 2 * self._recent_turns:
            index = begins[-self._recent_turns]
            earlier = list(tracker.events)[: getattr(tracker, "before", 0) + index]
            state = DialogueStateTracker.from_events(conversation, earlier, self.domain.slots)
            snapshot = Snapshot.of(state, recent.filing_from(index))
            number = recent.first + index
            if recent.snapshot is not None:
                last = sa.and_(one, events.c.number == recent.first)
                connection.execute(events.update().where(last).values(snapshot=None))
        elif cleaned and recent.snapshot is not None:
            snapshot, number = recent.snapshot, recent.first
        else:
            return
        if cleaned:
            snapshot = snapshot.without_details()
        connection.execute(
            events.update()
            .where(one, events.c.number == number)
            .values(snapshot=json.dumps(snapshot.as_dict()))
        )

    def _delete(self, conversation: str) -> None:
        with self._transaction() as connection:
            connection.execute(events.delete().where(events.c.conversation == conversation))
            if not _has_ended(connection, conversation):
                row = {"conversation": conversation, "at": time.time()}
                connection.execute(ended.insert().values(row))

    def _keys(self) -> list[str]:
        with self._transaction(self._reading) as connection:
            rows = connection.execute(sa.select(events.c.conversation).distinct())
            return [conversation for (conversation,) in rows]

    @contextmanager
    def _transaction(self, engine: Engine | None = None) -> Iterator[Connection]:
        try:
            with (engine or self._engine).begin() as connection:
                yield connection
        except (sa.exc.SQLAlchemyError, ValueError) as error:
            raise StoreError(type(error).__name__) from error


def _has_ended(connection: Connection, conversation: str) -> bool:
    one = sa.select(ended.c.at).where(ended.c.conversation == conversation)
    return connection.execute(one).first() is not None


def _refuse_ended(connection: Connection, conversation: str) -> None:
    if _has_ended(connection, conversation):
        raise Ended


def _recent(connection: Connection, conversation: str) -> _Recent:
    kept = connection.execute(
        sa.select(events.c.number, events.c.snapshot)
        .where(events.c.conversation == conversation, events.c.snapshot.isnot(None))
        .order_by(events.c.number.desc())
        .limit(1)
    ).first()
    if kept is None:
        return _Recent(events=_loaded(connection, conversation))
    snapshot = Snapshot(**json.loads(kept.snapshot))
    late = _loaded(connection, conversation, events.c.number >= kept.number)
    return _Recent(kept.number, snapshot, late)


def _turn(connection: Connection, conversation: str, message_id: str) -> list[Event]:
    one = events.c.conversation == conversation
    same = sa.select(events.c.number).where(one, events.c.message_id == message_id)
    # The first of them is not asked for in SQL: for that, databases walk through the conversation
    # from its beginning instead of using the index.
    numbers = connection.execute(same).scalars().all()
    if not numbers:
        return []
    number = min(numbers)
    people = (
        sa.select(events.c.number)
        .where(one, events.c.kind == "user")
        .order_by(events.c.number)
        .limit(1)
    )
    # What was said before the first message, the welcome, belongs to the answer to it.
    is_first = connection.execute(people).scalar() == number
    wanted = [] if is_first else [events.c.number >= number]
    following = connection.execute(people.where(events.c.number > number)).scalar()
    if following is not None:
        wanted.append(events.c.number < following)
    return _loaded(connection, conversation, *wanted)


def _loaded(connection: Connection, conversation: str, *wanted: Any) -> list[Event]:
    query = (
        sa.select(events.c.data)
        .where(events.c.conversation == conversation, *wanted)
        .order_by(events.c.number)
    )
    return [json.loads(data) for (data,) in connection.execute(query)]


def _redact(connection: Connection, conversation: str, recent: _Recent, new: int) -> bool:
    """Store anew, without personal data, what belongs to a filing that the new events ended, and
    new messages with a code or the like; in `recent` too. Returns whether a filing may be over."""
    added = recent.events[new:]
    # A code that was typed during a filing ends none: its details are still needed.
    ends = any(event["event"] == "slot" and event["name"] == "draft_id" for event in added)
    if not ends and not any(has_details(event) for event in added):
        return False
    start = recent.first
    earlier: list[Event] = []
    if recent.snapshot is not None and recent.snapshot.filing_from is not None:
        start = recent.snapshot.filing_from
        within = events.c.number.between(start, recent.first - 1)
        earlier = _loaded(connection, conversation, within)
    changed = list(redacted([*earlier, *recent.events], since=len(earlier) + new))
    for index, event in changed:
        connection.execute(
            events.update()
            .where(events.c.conversation == conversation, events.c.number == start + index)
            .values(data=json.dumps(event))
        )
        if index >= len(earlier):
            recent.events[index - len(earlier)] = event
    return ends and bool(changed)


def _waits_before(found: list[Event], index: int) -> bool:
    """Whether this event is the beginning of a turn before which the bot had come to rest."""
    if found[index]["event"] != "user" or index == 0:
        return False
    last = found[index - 1]
    return last["event"] == "action" and last["name"] == "action_listen"


def _row(conversation: str, number: int, event: Event) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "number": number,
        "at": at(event),
        "kind": event["event"],
        "message_id": message_id_of(event),
        "data": json.dumps(event),
    }
