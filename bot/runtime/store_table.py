"""The table of the conversations' events, and bringing an older one up to date.

Everything that is kept of a conversation is in its rows, so that who deletes them leaves nothing.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.objections.db import MIGRATION_LOCK, lock_until_commit

__all__ = ["Event", "at", "ended", "events", "message_id_of", "prepare"]

Event = dict[str, Any]

metadata = sa.MetaData()
events = sa.Table(
    "conversation_event",
    metadata,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    # Of what a person said: the client's id of the message.
    sa.Column("message_id", sa.String(64)),
    # What held before this event (bot/runtime/snapshot.py), in one row of a longer conversation.
    sa.Column("snapshot", sa.Text),
)
# Conversations that somebody has deleted: their tokens stay good for as long as they were made for,
# and must begin nothing anew. Of what was in them nothing is here.
ended = sa.Table(
    "conversation_ended",
    metadata,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)
_said = events.c.message_id.isnot(None)
_kept = events.c.snapshot.isnot(None)
_INDEXES = (
    sa.Index(
        "ix_conversation_event_message_id",
        events.c.conversation,
        events.c.message_id,
        sqlite_where=_said,
        postgresql_where=_said,
    ),
    sa.Index(
        "ix_conversation_event_snapshot",
        events.c.conversation,
        events.c.number,
        sqlite_where=_kept,
        postgresql_where=_kept,
    ),
)
_LATER_COLUMNS = (events.c.message_id, events.c.snapshot)


def prepare(connection: Connection) -> None:
    """Make the table and its indexes, or add to an older one what it lacks.

    Safe when several processes start at once. The first time after an update it reads what people
    said, to index it by message.
    """
    lock_until_commit(connection, MIGRATION_LOCK)
    metadata.create_all(connection)
    present = {column["name"] for column in sa.inspect(connection).get_columns(events.name)}
    for column in _LATER_COLUMNS:
        if column.name not in present:
            kind = column.type.compile(connection.dialect)
            connection.execute(
                sa.text(f"ALTER TABLE {events.name} ADD COLUMN {column.name} {kind}")
            )
    if "message_id" not in present:
        _index_messages(connection)
    for index in _INDEXES:
        index.create(connection, checkfirst=True)


def _index_messages(connection: Connection) -> None:
    said = sa.select(events.c.conversation, events.c.number, events.c.data).where(
        events.c.kind == "user"
    )
    for row in connection.execute(said).all():
        connection.execute(
            events.update()
            .where(events.c.conversation == row.conversation, events.c.number == row.number)
            .values(message_id=message_id_of(json.loads(row.data)))
        )


def at(event: Event) -> float:
    """When it happened, in seconds since 1970."""
    return event.get("timestamp") or 0.0


def message_id_of(event: Event) -> str | None:
    """The client's id of what a person said; None for every other event."""
    return event.get("message_id") if event["event"] == "user" else None
