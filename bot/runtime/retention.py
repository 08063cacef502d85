"""Deletes conversations some days after their last event.

Beside the store, and without Rasa, so that a command can run it at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.objections.db import Database

__all__ = ["delete_old", "forget_ended", "make_index"]

_events = sa.table("conversation_event", sa.column("conversation"), sa.column("at"))
# Whatever is kept of a conversation; each has a column `conversation`.
_TABLES = (_events,)

_ended = sa.table("conversation_ended", sa.column("conversation"), sa.column("at"))

_BATCH = 100
# Seconds that others may have to wait behind us for the tables.
_PATIENCE_S = 2
_INDEX = "ix_conversation_event_conversation_at"


def make_index(database: Database) -> None:
    """Make the index by which a conversation's last event is found without reading its events.

    Raises StorageError.
    """
    name = _events.name
    with database.session() as session:
        if not _exists(session):
            return
        if _INDEX in {index["name"] for index in sa.inspect(session).get_indexes(name)}:
            return
        if session.dialect.name == "postgresql":
            # So that of two processes the second one finds it made.
            session.execute(sa.text(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE"))
        session.execute(
            sa.text(f"CREATE INDEX IF NOT EXISTS {_INDEX} ON {name} (conversation, at)")
        )


def delete_old(
    database: Database, before: datetime, *, dry_run: bool = False, at_most: int | None = None
) -> int:
    """Delete conversations whose last event came before this moment; their number.

    Args:
        before: an aware time.
        dry_run: only count them.
        at_most: so that one run ends soon; None is all.

    Raises StorageError when they cannot be read or deleted. What was deleted before is gone.
    """
    old = (
        sa.select(_events.c.conversation)
        .group_by(_events.c.conversation)
        .having(sa.func.max(_events.c.at) < before.timestamp())
    )
    with database.session(read_only=True) as session:
        if not _exists(session):
            return 0
        if dry_run:
            counted = sa.select(sa.func.count()).select_from(old.subquery())
            return int(session.execute(counted).scalar_one())
    deleted = 0
    while at_most is None or deleted < at_most:
        with database.session(read_only=True) as session:
            found = session.execute(old.limit(_BATCH)).scalars().all()
        if not found:
            break
        with database.session() as session:
            deleted += _delete(session, old.where(_events.c.conversation.in_(found)))
    return deleted


def forget_ended(database: Database, before: datetime) -> int:
    """Forget that conversations were deleted before this moment, since when every token of theirs
    has expired; their number.

    Raises StorageError.
    """
    with database.session(read_only=True) as session:
        if not sa.inspect(session).has_table(_ended.name):
            return 0
        old = sa.select(_ended.c.at).where(_ended.c.at < before.timestamp())
        if session.execute(old.limit(1)).first() is None:
            return 0
    with database.session() as session:
        gone = session.execute(sa.delete(_ended).where(_ended.c.at < before.timestamp()))
        return int(gone.rowcount)


def _exists(session: Connection) -> bool:
    return bool(sa.inspect(session).has_table(_events.name))


def _delete(session: Connection, old: Any) -> int:
    """Delete those that are still old; their number."""
    if session.dialect.name == "postgresql":
        # A turn reads the last event's number and then appends behind it. It must not have read
        # before we delete and append afterwards: that would leave half a conversation.
        names = ", ".join(table.name for table in _TABLES)
        session.execute(sa.text(f"SET LOCAL lock_timeout = '{_PATIENCE_S}s'"))
        session.execute(sa.text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
    still = session.execute(old).scalars().all()
    for table in _TABLES:
        session.execute(sa.delete(table).where(table.c.conversation.in_(still)))
    return len(still)
