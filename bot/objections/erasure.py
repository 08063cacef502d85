"""Erasing a person: what they told can be read by nobody any more, and they stay excluded.

Their row of `contact` goes, and with it the only copy of the key that seals everything else of
them, so that older copies of the other rows open no more either. What was sealed goes too. What
stays keeps their objection honoured: its number and state, and the keyed hash of each account with
what is excluded. All of one sitting belongs to one row of `contact`, so it is erased together.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from bot.objections import audit, model, sealed
from bot.objections.db import Database
from bot.objections.errors import StorageError, UnknownReference
from bot.objections.references import parse_reference
from bot.objections.states import OPEN

__all__ = ["Sitting", "erase", "erase_contact", "overwrite_deleted", "sitting"]

_log = structlog.get_logger()
_ATTEMPTS = 3
# Whoever has a guess at a receipt's words could check it against the signature.
_NO_SIGNATURE = ""


@dataclass(frozen=True)
class Sitting:
    """What was filed together: numbers in their order, and those of them that are still open.

    `contact_id` is None once the person is erased. `keyless`: they have no key of their own yet, so
    that copies of the database from before stay readable with DATA_KEYS.
    """

    contact_id: str | None
    references: tuple[str, ...]
    open: tuple[str, ...]
    keyless: bool


def sitting(database: Database, reference_text: str) -> Sitting:
    """The sitting that an objection belongs to.

    Raises FieldError for what is no number, UnknownReference for a number without objection,
    StorageError when the record cannot be read.
    """
    reference = parse_reference(reference_text)
    objection, contact = model.objection.c, model.contact.c
    with database.session(read_only=True) as session:
        named = select(objection.contact_id, objection.batch_id).where(
            objection.reference == reference
        )
        one = session.execute(named).one_or_none()
        if one is None:
            raise UnknownReference()
        rows = session.execute(
            select(
                objection.reference,
                objection.case_status,
                objection.contact_id,
                contact.wrapped_key.is_(None).label("keyless"),
            )
            .select_from(model.objection)
            .outerjoin(model.contact, contact.id == objection.contact_id)
            .where(
                # Erased ones are together only in what they were filed with.
                objection.batch_id == one.batch_id
                if one.contact_id is None
                else objection.contact_id == one.contact_id
            )
            .order_by(objection.batch_position)
        ).all()
    return Sitting(
        one.contact_id,
        tuple(row.reference for row in rows),
        tuple(row.reference for row in rows if row.case_status in (*OPEN, "upheld")),
        one.contact_id is not None and bool(rows[0].keyless),
    )


def erase(database: Database, contact_id: str, actor: str, at: datetime) -> int:
    """Erase a person; the number of their objections, 0 when they were erased before.

    Raises StorageError when nothing was erased.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with database.session() as session:
                erased = erase_contact(session, contact_id, actor, at)
            break
        except StorageError:
            # Somebody else held one of their rows while waiting for another.
            if attempt == _ATTEMPTS - 1:
                raise
    overwrite_deleted(database)
    return erased


def erase_contact(session: Connection, contact_id: str, actor: str, at: datetime) -> int:
    """The same in the transaction of the caller, who writes nothing after it."""
    if sealed.lock(session, contact_id) is None:
        return 0
    objection = model.objection.c
    ids = [
        str(row.id)
        for row in session.execute(
            select(objection.id)
            .where(objection.contact_id == contact_id)
            .order_by(objection.batch_position)
        )
    ]
    # Before the contact, by which they are found.
    for table, column in sealed.FIELDS:
        if table is model.contact:
            continue
        values: dict[str, str | None] = {column: None}
        if table is model.receipt:
            values["signature"] = _NO_SIGNATURE
        session.execute(
            update(table).where(sealed.of_person(table, contact_id)).values(**values)
        )
    # Their codes and the mail that waits for them go with it.
    session.execute(delete(model.contact).where(model.contact.c.id == contact_id))
    audit.append(
        session,
        at=at,
        actor=actor,
        action="person_erased",
        objection_id=ids[0] if ids else None,
        payload={"objections": len(ids)},
    )
    return len(ids)


def overwrite_deleted(database: Database) -> None:
    """On SQLite, let nothing that was deleted stand in the write-ahead log any longer.

    While somebody reads or writes, a part of it stays, until the next time.
    """
    if database.engine.dialect.name != "sqlite":
        return
    # Not through `session`: there is no checkpoint inside of a transaction.
    connection: Any = database.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        _log.warning("checkpoint_failed", error=type(error).__name__)
    finally:
        connection.close()
