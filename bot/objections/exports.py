"""That an operator took cases out of the record, in the audit log."""

from __future__ import annotations

from datetime import datetime

from bot.objections import audit
from bot.objections.db import Database

__all__ = ["note_export"]


def note_export(database: Database, operator: str, objections: int, at: datetime) -> None:
    """Note that so many objections were exported, in several events where one cannot count so far.

    Raises StorageError when nothing could be written.
    """
    with database.session() as session:
        while True:
            counted = min(objections, audit.COUNT_MAX)
            audit.append(
                session,
                at=at,
                actor=f"operator:{operator}",
                action="record_exported",
                objection_id=None,
                payload={"objections": counted},
            )
            objections -= counted
            if objections == 0:
                return
