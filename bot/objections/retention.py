"""What is removed from the record by itself, and when.

Each job looks for what is due, and looks again once it holds the rows: a case may have been
reopened meanwhile, or another process may have done the work. Small transactions, so that nobody
waits long; what one run leaves is for the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Table, and_, delete, func, or_, select
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, model, outbox, sealed
from bot.objections.db import Database
from bot.objections.erasure import erase_contact, overwrite_deleted
from bot.objections.states import OPEN

__all__ = ["Removed", "Rules", "run"]

_BATCH = 200
_CODE_KEPT = timedelta(days=1)
_MAIL_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Rules:
    """Days until something is removed, as in `Settings`; 0 is never."""

    conversation_days: int
    contact_days: int
    unverified_hold_days: int


@dataclass(frozen=True)
class Removed:
    """What one run removed, or would remove: persons erased, cases whose hold ended, codes, mails,
    notes that a notice was shown."""

    persons: int
    holds: int
    codes: int
    mails: int
    displays: int


def run(
    database: Database,
    rules: Rules,
    now: datetime,
    *,
    dry_run: bool = False,
    at_most: int | None = None,
    deleted_before: bool = False,
) -> Removed:
    """Remove what is due; with `dry_run` only count it.

    Args:
        now: an aware time.
        at_most: of each kind, so that one run ends soon; None is all.
        deleted_before: the caller has deleted something that is to be overwritten as well.

    Raises StorageError when the record cannot be read or written. What was done before is kept.
    """
    job = _Run(database, rules, now.astimezone(timezone.utc), dry_run, at_most)
    removed = Removed(
        # Before the persons, whose last case may be closed by it, to be counted from now on.
        holds=job.end_holds(),
        persons=job.erase_persons(),
        # Before the codes, which take their mails along.
        mails=job.delete(model.outbox, _mails_due(job.now)),
        codes=job.delete(model.verification, _codes_due(job.now)),
        displays=job.delete_displays(),
    )
    if not dry_run and (deleted_before or removed != Removed(0, 0, 0, 0, 0)):
        overwrite_deleted(database)
    return removed


@dataclass(frozen=True)
class _Run:
    database: Database
    rules: Rules
    now: datetime
    dry_run: bool
    at_most: int | None

    def end_holds(self) -> int:
        """End the holds of objections whose address nobody confirmed."""
        if not self.rules.unverified_hold_days:
            return 0
        ids = self._due(model.objection, self._hold_due())
        return ids if isinstance(ids, int) else sum(map(self._end_hold, ids))

    def _hold_due(self) -> Any:
        objection = model.objection.c
        last_day = (self.now - timedelta(days=self.rules.unverified_hold_days)).date()
        return and_(
            objection.verified_at.is_(None),
            objection.case_status.in_(("received", "in_review")),
            objection.due_on < last_day,
        )

    def _end_hold(self, objection_id: str) -> int:
        objection = model.objection
        with self.database.session() as session:
            # In the order of everybody else: the accounts, then the case.
            cases.lock_accounts_of(session, [objection_id])
            case = session.execute(
                select(objection.c.case_status)
                .where(objection.c.id == objection_id, self._hold_due())
                .with_for_update(key_share=True)
            ).one_or_none()
            if case is None:
                return 0
            if case.case_status == "received":
                cases.move(session, objection_id, "in_review", self.now)
            cases.move(session, objection_id, "not_matched", self.now)
            released = cases.release(session, objection_id) or 0
            audit.append(
                session,
                at=self.now,
                actor="system",
                action="hold_expired",
                objection_id=objection_id,
                payload={"accounts": released},
            )
        return 1

    def erase_persons(self) -> int:
        """Erase those whose last case was closed or upheld long ago."""
        if not self.rules.contact_days:
            return 0
        ids = self._due(model.contact, self._person_due())
        return ids if isinstance(ids, int) else sum(map(self._erase_person, ids))

    def _person_due(self) -> Any:
        contact, objection, mail = model.contact.c, model.objection.c, model.outbox.c
        decision = model.decision.c
        before = self.now - timedelta(days=self.rules.contact_days)
        theirs = objection.contact_id == contact.id
        # An upheld case is answered and not closed. What it needs to be honoured stays without the
        # person: the keyed hashes of its accounts and their state.
        answered = select(decision.id).where(
            decision.objection_id == objection.id,
            decision.kind == "upheld",
            decision.decided_at < before,
        )
        young = or_(
            objection.case_status.in_(OPEN),
            objection.closed_at >= before,
            and_(objection.case_status == "upheld", ~answered.exists()),
        )
        waits = and_(mail.contact_id == contact.id, outbox.waits())
        return and_(
            select(objection.id).where(theirs).exists(),
            ~select(objection.id).where(theirs, young).exists(),
            # Somebody has to be told something first; after some days mail is given up.
            ~select(mail.id).where(waits).exists(),
        )

    def _erase_person(self, contact_id: str) -> int:
        contact = model.contact.c
        with self.database.session() as session:
            sealed.lock(session, contact_id)
            due = select(contact.id).where(contact.id == contact_id, self._person_due())
            if session.execute(due).one_or_none() is None:
                return 0
            erase_contact(session, contact_id, "system", self.now)
        return 1

    def delete_displays(self) -> int:
        """Delete notes that a notice was shown, of conversations in which nothing was filed."""
        if not self.rules.conversation_days:
            return 0
        shown, objection = model.notice_display.c, model.objection.c
        before = self.now - timedelta(days=self.rules.conversation_days)
        named = select(objection.id).where(objection.notice_display_id == shown.id).exists()
        return self.delete(model.notice_display, and_(shown.shown_at < before, ~named))

    def delete(self, table: Table, due: Any) -> int:
        """Delete the rows of a table that are due; their number."""
        if self.dry_run:
            return self._count(table, due)
        deleted = 0
        while self.at_most is None or deleted < self.at_most:
            with self.database.session() as session:
                found = self._delete_some(session, table, due)
            if not found:
                break
            deleted += found
        return deleted

    def _delete_some(self, session: Connection, table: Table, due: Any) -> int:
        rows = session.execute(
            select(table.c.id)
            .where(due)
            .order_by(table.c.id)
            .limit(_BATCH)
            # Somebody who holds one of them needs it, or is deleting it.
            .with_for_update(skip_locked=True)
        )
        ids = [row.id for row in rows]
        # Once they are held nobody makes another row point at them: those that are still due stay
        # so.
        still = session.execute(delete(table).where(table.c.id.in_(ids), due)) if ids else None
        return int(still.rowcount) if still is not None else 0

    def _due(self, table: Table, due: Any) -> int | list[str]:
        """The ids of what is due, or with `dry_run` their number."""
        if self.dry_run:
            return self._count(table, due)
        with self.database.session(read_only=True) as session:
            ids = select(table.c.id).where(due).order_by(table.c.id).limit(self.at_most)
            return [str(row.id) for row in session.execute(ids)]

    def _count(self, table: Table, due: Any) -> int:
        with self.database.session(read_only=True) as session:
            counted = select(func.count()).select_from(table).where(due)
            return int(session.execute(counted).scalar_one())


def _codes_due(now: datetime) -> Any:
    code, mail = model.verification.c, model.outbox.c
    # A mail with it may be tried again for days, each time with a new code and a new end.
    waits = and_(mail.verification_id == code.id, outbox.waits())
    return and_(
        or_(
            code.expires_at < now - _CODE_KEPT,
            and_(code.expires_at.is_(None), code.requested_at < now - _MAIL_KEPT),
        ),
        ~select(mail.id).where(waits).exists(),
    )


def _mails_due(now: datetime) -> Any:
    mail, before = model.outbox.c, now - _MAIL_KEPT
    return or_(mail.sent_at < before, mail.failed_at < before)
