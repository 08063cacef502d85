"""The conversation store: Rasa's tracker store on SQLite or PostgreSQL.

Different from Rasa's own where that one loses data or stops the server:

- an error rolls back and is raised as `StoreError`; Rasa's exits the process on a ValueError;
- it is used bare, without `FailSafeTrackerStore`, whose failed read makes a person look new;
- each event has a number in its conversation, unique in the database, and only what was read is
  continued, so that of two processes that answer at once only one appends;
- `delete` exists, and a filing that ends (filed or cancelled) takes its personal words along.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine

from bot.runtime.redaction import redacted

metadata = sa.MetaData()
events = sa.Table(
    "conversation_event",
    metadata,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
)

Event = dict[str, Any]


class StoreError(Exception):
    """A conversation could not be read or written; what was stored before is unchanged."""


class ConversationStore(TrackerStore):
    """Reads and appends the events of conversations.

    Args:
        engine: where the table `conversation_event` is; made when absent.
        domain: given by the agent when its model is loaded.
    """

    def __init__(self, engine: Engine, domain: Domain | None = None) -> None:
        super().__init__(domain)
        self._engine = engine
        metadata.create_all(engine)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a conversation, with all its events; None when there is none."""
        stored = await self.events(sender_id)
        if not stored:
            return None
        return DialogueStateTracker.from_dict(sender_id, stored, self.domain.slots)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what happened since the conversation was read, in one transaction."""
        if tracker.events:
            all_events = [event.as_dict() for event in tracker.events]
            await asyncio.to_thread(self._append, tracker.sender_id, all_events)

    async def events(self, conversation: str) -> list[Event]:
        """The events of a conversation as dicts, oldest first."""
        return await asyncio.to_thread(self._read, conversation)

    async def delete(self, conversation: str) -> None:
        """Delete a conversation."""
        await asyncio.to_thread(self._delete, conversation)

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations."""
        return await asyncio.to_thread(self._keys)

    def _read(self, conversation: str) -> list[Event]:
        query = (
            sa.select(events.c.data)
            .where(events.c.conversation == conversation)
            .order_by(events.c.number)
        )
        with self._transaction() as connection:
            return [json.loads(data) for (data,) in connection.execute(query)]

    def _append(self, conversation: str, all_events: list[Event]) -> None:
        last_stored = (
            sa.select(events.c.number, events.c.at)
            .where(events.c.conversation == conversation)
            .order_by(events.c.number.desc())
            .limit(1)
        )
        with self._transaction() as connection:
            last = connection.execute(last_stored).first()
            stored = 0 if last is None else last.number + 1
            if last is not None and [last.at] != [_at(e) for e in all_events[last.number : stored]]:
                # Somebody else appended since this conversation was read.
                raise StoreError("Conflict")
            new = all_events[stored:]
            if new:
                connection.execute(
                    events.insert(),
                    [_row(conversation, stored + i, event) for i, event in enumerate(new)],
                )
            for number, event in redacted(all_events, since=stored):
                connection.execute(
                    events.update()
                    .where(events.c.conversation == conversation, events.c.number == number)
                    .values(data=json.dumps(event))
                )

    def _delete(self, conversation: str) -> None:
        with self._transaction() as connection:
            connection.execute(events.delete().where(events.c.conversation == conversation))

    def _keys(self) -> list[str]:
        with self._transaction() as connection:
            rows = connection.execute(sa.select(events.c.conversation).distinct())
            return [conversation for (conversation,) in rows]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except (sa.exc.SQLAlchemyError, ValueError) as error:
            raise StoreError(type(error).__name__) from error


def _row(conversation: str, number: int, event: Event) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "number": number,
        "at": _at(event),
        "kind": event["event"],
        "data": json.dumps(event),
    }


def _at(event: Event) -> float:
    """When it happened, in seconds since 1970."""
    return event.get("timestamp") or 0.0
