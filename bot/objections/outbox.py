"""Mail that waits to be sent: put there in the transaction of what it tells of, taken by a worker.

A row names what the mail is about and holds no words of it. A worker takes a row by moving its time
on, so that no other worker sees it, sends, and then notes how it went. Whoever stops in between has
sent the mail or has not; it is then sent again, with the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, select, update
from sqlalchemy.engine import Connection

from bot.objections import codes, model

__all__ = [
    "ATTEMPTS_MAX",
    "Waiting",
    "give_back",
    "is_due",
    "note_failure",
    "note_sent",
    "put",
    "put_code",
    "put_confirmed",
    "take",
    "waits",
]

# Seconds after each failed attempt; with the last one the mail is given up, after about two days.
_PAUSES = (10, 60, 300, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
ATTEMPTS_MAX = len(_PAUSES) + 1
# How long a worker may hold a row before another one takes it.
_HELD_S = 120


@dataclass(frozen=True)
class Waiting:
    """A row of the outbox that a worker has taken."""

    id: str
    kind: str
    contact_id: str | None
    objection_id: str | None
    verification_id: str | None
    decision_id: str | None
    attempts: int


def put(
    session: Connection,
    kind: str,
    at: datetime,
    contact_id: str | None,
    *,
    objection_id: str | None = None,
    verification_id: str | None = None,
    decision_id: str | None = None,
) -> str:
    """Let a mail of this kind wait for this person; the id of its row."""
    row_id = model.new_id()
    session.execute(
        insert(model.outbox).values(
            id=row_id,
            kind=kind,
            contact_id=contact_id,
            objection_id=objection_id,
            verification_id=verification_id,
            decision_id=decision_id,
            created_at=at,
            attempts=0,
            next_at=at,
        )
    )
    return row_id


def put_code(
    session: Connection,
    purpose: str,
    at: datetime,
    contact_id: str | None,
    *,
    objection_id: str | None = None,
    new_email: bytes | None = None,
    verification_id: str | None = None,
    mailed: bool = True,
    **hashes: str | None,
) -> str:
    """Let a code wait to be sent to this person; the id of its row of `verification`.

    Without a contact, or not `mailed`, the same rows are written, and nothing is sent. `hashes` are
    of those who asked and of where it goes, by column.
    """
    to = contact_id if mailed else None
    row_id = verification_id or model.new_id()
    session.execute(
        insert(model.verification).values(
            id=row_id,
            contact_id=contact_id,
            purpose=purpose,
            new_email=new_email,
            requested_at=at,
            # What waits for nobody takes attempts like what was sent, and for as long: neither the
            # answer to one nor its time tells which it was.
            expires_at=at + codes.LIFETIME if to is None else None,
            attempts=0,
            **hashes,
        )
    )
    put(session, "code", at, to, objection_id=objection_id, verification_id=row_id)
    return row_id


def put_confirmed(
    session: Connection,
    at: datetime,
    contact_id: str,
    objection_ids: Iterable[str],
    *,
    copies: bool,
) -> None:
    """Let wait what a confirmed address gets of these objections: the receipt, and with `copies`,
    for the role `helper`, a copy of the letter."""
    for objection_id in objection_ids:
        put(session, "receipt", at, contact_id, objection_id=objection_id)
        if copies:
            put(session, "letter_copy", at, contact_id, objection_id=objection_id)


def waits() -> Any:
    """The condition that a mail was neither sent nor given up."""
    table = model.outbox.c
    return and_(table.sent_at.is_(None), table.failed_at.is_(None))


def take(session: Connection, at: datetime, limit: int) -> list[Waiting]:
    """Take mails that are due, oldest first, so that no other worker takes them meanwhile."""
    table = model.outbox
    due = (
        select(table)
        .where(waits(), table.c.next_at <= at)
        .order_by(table.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(due).all()
    if rows:
        session.execute(
            update(table)
            .where(table.c.id.in_([row.id for row in rows]))
            .values(next_at=at + timedelta(seconds=_HELD_S), attempts=table.c.attempts + 1)
        )
    return [
        Waiting(
            row.id,
            row.kind,
            row.contact_id,
            row.objection_id,
            row.verification_id,
            row.decision_id,
            row.attempts + 1,
        )
        for row in rows
    ]


def is_due(session: Connection, at: datetime) -> bool:
    """Whether there is anything to take."""
    table = model.outbox.c
    due = select(table.id).where(waits(), table.next_at <= at)
    return session.execute(due.limit(1)).first() is not None


def give_back(session: Connection, waiting: Waiting, at: datetime) -> None:
    """Let go of a mail that was taken and not tried."""
    session.execute(
        update(model.outbox)
        .where(model.outbox.c.id == waiting.id)
        .values(next_at=at, attempts=waiting.attempts - 1)
    )


def note_sent(session: Connection, row_id: str, at: datetime) -> bool:
    """Note that a mail was sent; False when that was noted before."""
    table = model.outbox
    done = session.execute(
        update(table)
        .where(table.c.id == row_id, table.c.sent_at.is_(None))
        .values(sent_at=at, problem=None)
    )
    return bool(done.rowcount)


def note_failure(
    session: Connection, waiting: Waiting, at: datetime, problem: str, *, final: bool = False
) -> None:
    """Note that an attempt failed, and when the next one is due; none with `final`, or after
    `ATTEMPTS_MAX`. `problem` is a code of at most 32 characters, never an answer of a server."""
    gone = final or waiting.attempts >= ATTEMPTS_MAX
    values: dict[str, object] = {"problem": problem}
    if gone:
        values["failed_at"] = at
    else:
        values["next_at"] = at + timedelta(seconds=_PAUSES[waiting.attempts - 1])
    session.execute(
        update(model.outbox).where(model.outbox.c.id == waiting.id).values(**values)
    )
