"""Confirming an e-mail address, and what that opens: coming back from elsewhere, another address.

Nobody is told anything about a number before they have shown that its e-mail address is theirs. For
a number that nobody has, the same statements run and the same kind of answer comes back, so that
neither words nor time tell whether it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, codes, model, moments, outbox
from bot.objections.crypto import Keys, Sealer, readable
from bot.objections.db import Database
from bot.objections.errors import CodeRefused, UnknownReference
from bot.objections.fields import parse_email, parse_full_name
from bot.objections.references import parse_reference

__all__ = ["Earlier", "Opened", "Verification"]

# A code may be asked for again after a minute, and so often a day.
AGAIN_AFTER = timedelta(seconds=60)
PER_DAY = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Earlier:
    """An objection of the same person for the same account, filed before and standing."""

    reference: str
    received_at: datetime


@dataclass(frozen=True)
class Opened:
    """What a right code has opened. `references` are the person's, oldest first; `earlier` are
    those of them that cover an account of what they have just confirmed."""

    purpose: str
    references: tuple[str, ...]
    earlier: tuple[Earlier, ...] = ()


class Verification:
    """The use cases, each in one transaction. `sends_copies` is for the role `helper`."""

    def __init__(
        self,
        database: Database,
        keys: Keys,
        *,
        sends_copies: bool = False,
        clock: Callable[[], datetime] = moments.now,
    ) -> None:
        self._database = database
        self._keys = keys
        self._sends_copies = sends_copies
        self._clock = clock

    def awaited(self, reference: str) -> str | None:
        """The code that was put up for sending when this was filed; None once it is confirmed."""
        objection, wanted = model.objection.c, model.verification.c
        newest = (
            select(wanted.id)
            .join(model.objection, objection.contact_id == wanted.contact_id)
            .where(
                objection.reference == reference,
                objection.verified_at.is_(None),
                wanted.purpose == "confirm",
            )
            .order_by(wanted.requested_at.desc())
            .limit(1)
        )
        with self._database.session(read_only=True) as session:
            found: str | None = session.execute(newest).scalar_one_or_none()
        return found

    def request(self, reference_text: str) -> str:
        """Send a code to the address of the objection with this number, if there is one.

        Returns an id to enter the code with, in any case. Raises FieldError for what is no number.
        """
        reference = parse_reference(reference_text)
        now = self._clock()
        objection = model.objection.c
        with self._database.session() as session:
            row = session.execute(
                select(objection.id, objection.contact_id).where(
                    objection.reference == reference
                )
            ).one_or_none()
            contact_id, objection_id = (None, None) if row is None else (row.contact_id, row.id)
            return self._put(session, "access", now, contact_id, objection_id)

    def resend(self, verification_id: str) -> str:
        """Send another code for the same purpose; the id to enter it with."""
        now = self._clock()
        wanted, objection = model.verification, model.objection.c
        with self._database.session() as session:
            row = session.execute(
                select(wanted).where(wanted.c.id == verification_id)
            ).one_or_none()
            contact_id = None if row is None else row.contact_id
            objection_id = session.execute(
                select(objection.id)
                .where(objection.contact_id == (contact_id or ""))
                .order_by(objection.received_at, objection.batch_position)
                .limit(1)
            ).scalar_one_or_none()
            purpose = "access" if row is None else row.purpose
            new_email = None
            if row is not None and row.new_email is not None:
                sealer = self._sealer(session, row.contact_id)
                new_email = sealer.open(
                    row.new_email, table="verification", row_id=row.id, column="new_email"
                )
            return self._put(session, purpose, now, contact_id, objection_id, new_email)

    def enter(self, verification_id: str, code: str) -> Opened:
        """Enter a code. Raises CodeRefused, which does not tell what was wrong."""
        now = self._clock()
        with self._database.session() as session:
            opened = None
            # Committed also when it was wrong: an attempt is an attempt.
            if codes.check(session, self._keys, verification_id, code, now):
                opened = self._open(session, verification_id, now)
        if opened is None:
            raise CodeRefused()
        return opened

    def change_email(self, reference: str, new_email: str) -> str:
        """Send a code to the address that is to take the place of the present one.

        Whoever calls this has made sure that the objection is the person's. Raises FieldError,
        UnknownReference.
        """
        email = parse_email(new_email)
        now = self._clock()
        with self._database.session() as session:
            row = self._row(session, reference)
            return self._put(session, "change", now, row.contact_id, row.id, email)

    def change_name(self, reference: str, new_name: str) -> str:
        """Correct the person's name; receipts that were given stay as they are. Returns the name.

        Whoever calls this has made sure that the objection is the person's. Raises FieldError,
        UnknownReference.
        """
        name = parse_full_name(new_name)
        with self._database.session() as session:
            row = self._row(session, reference)
            sealer = self._sealer(session, row.contact_id)
            place = {"table": "contact", "row_id": row.contact_id, "column": "full_name"}
            session.execute(
                update(model.contact)
                .where(model.contact.c.id == row.contact_id)
                .values(full_name=sealer.seal(name, **place))
            )
            self._note(session, row.id, "contact_changed", {"field": "full_name"})
        return name

    # --- asking for a code

    def _put(
        self,
        session: Connection,
        purpose: str,
        now: datetime,
        contact_id: str | None,
        objection_id: str | None,
        new_email: str | None = None,
    ) -> str:
        wanted = model.verification.c
        recent = session.execute(
            select(wanted.id, wanted.purpose, wanted.requested_at)
            .where(
                # "" where there is nobody: the same statement, which finds nothing.
                wanted.contact_id == (contact_id or ""),
                wanted.requested_at > now - _DAY,
            )
            .order_by(wanted.requested_at.desc())
        ).all()
        just_now = [
            row
            for row in recent
            if row.purpose == purpose and row.requested_at > now - AGAIN_AFTER
        ]
        if len(recent) >= PER_DAY or (just_now and new_email is None):
            # The same rows are written, but for nobody; the code that is on its way stays good.
            decoy = outbox.put_code(session, purpose, now, None)
            return just_now[0].id if just_now else decoy
        row_id = model.new_id()
        sealed = None
        if new_email is not None and contact_id is not None:
            sealed = self._sealer(session, contact_id).seal(
                new_email, table="verification", row_id=row_id, column="new_email"
            )
        return outbox.put_code(
            session,
            purpose,
            now,
            contact_id,
            objection_id=objection_id,
            new_email=sealed,
            verification_id=row_id,
        )

    # --- what a right code opens

    def _open(self, session: Connection, verification_id: str, now: datetime) -> Opened | None:
        wanted = model.verification
        row = session.execute(select(wanted).where(wanted.c.id == verification_id)).one()
        if row.contact_id is None:
            return None
        email = self._changed_email(session, row) if row.purpose == "change" else None
        confirmed = cases.confirm(session, row.contact_id, now)
        outbox.put_confirmed(
            session, now, row.contact_id, confirmed, copies=self._sends_copies
        )
        objection = model.objection.c
        own = session.execute(
            select(objection.id, objection.reference)
            .where(objection.contact_id == row.contact_id)
            .order_by(objection.received_at, objection.batch_position)
        ).all()
        earlier = self._earlier(session, row.contact_id, confirmed)
        if email is not None:
            outbox.put(
                session,
                "address_changed",
                now,
                row.contact_id,
                objection_id=own[0].id,
                verification_id=verification_id,
            )
            self._note(session, own[0].id, "contact_changed", {"field": "email"}, now)
        for objection_id in confirmed:
            self._note(session, objection_id, "email_verified", {}, now)
        numbers = [one.reference for one in earlier] + [one.reference for one in own]
        return Opened(row.purpose, tuple(dict.fromkeys(numbers)), earlier)

    def _changed_email(self, session: Connection, row: Any) -> str:
        sealer = self._sealer(session, row.contact_id)
        email = sealer.open(
            row.new_email, table="verification", row_id=row.id, column="new_email"
        )
        contact = model.contact.c
        old = session.execute(
            select(contact.email).where(contact.id == row.contact_id)
        ).scalar_one()
        # The two change places, so that the old address can be told. The row is gone soon.
        former = sealer.open(old, table="contact", row_id=row.contact_id, column="email")
        session.execute(
            update(model.verification)
            .where(model.verification.c.id == row.id)
            .values(
                new_email=sealer.seal(
                    former, table="verification", row_id=row.id, column="new_email"
                )
            )
        )
        index = self._keys.index("contact.email", email)
        session.execute(
            update(model.contact)
            .where(model.contact.c.id == row.contact_id)
            .values(
                email=sealer.seal(
                    email, table="contact", row_id=row.contact_id, column="email"
                ),
                email_index=index.digest,
                email_key_id=index.key_id,
            )
        )
        return email

    def _earlier(
        self, session: Connection, contact_id: str, confirmed: list[str]
    ) -> tuple[Earlier, ...]:
        """What the same person filed before for the same accounts: with the same address, which was
        confirmed then too."""
        relation, objection, contact = model.relation.c, model.objection.c, model.contact.c
        sealer = self._sealer(session, contact_id)
        row = session.execute(select(model.contact).where(contact.id == contact_id)).one()
        email = sealer.open(row.email, table="contact", row_id=contact_id, column="email")
        hashes = [one.digest for one in self._keys.indexes("contact.email", email)]
        found = session.execute(
            select(objection.reference, objection.received_at)
            .join(model.relation, relation.earlier_id == objection.id)
            .join(model.contact, contact.id == objection.contact_id)
            .where(
                relation.objection_id.in_(confirmed),
                objection.verified_at.is_not(None),
                objection.case_status.in_(("received", "in_review", "upheld", "handled")),
                objection.contact_id != contact_id,
                contact.email_index.in_(hashes),
            )
            .order_by(objection.received_at)
        ).all()
        return tuple(dict.fromkeys(Earlier(row.reference, row.received_at) for row in found))

    def _row(self, session: Connection, reference: str) -> Any:
        objection = model.objection.c
        row = session.execute(
            select(objection.id, objection.contact_id).where(objection.reference == reference)
        ).one_or_none()
        if row is None or row.contact_id is None:
            raise UnknownReference()
        return row

    def _sealer(self, session: Connection, contact_id: str) -> Sealer:
        table = model.contact.c
        wrapped = session.execute(
            select(table.wrapped_key).where(table.id == contact_id)
        ).scalar_one()
        with readable():
            return self._keys.subject(wrapped, contact_id)

    def _note(
        self,
        session: Connection,
        objection_id: str,
        action: str,
        payload: dict[str, str | int],
        now: datetime | None = None,
    ) -> None:
        audit.append(
            session,
            at=now or self._clock(),
            actor="person",
            action=action,
            objection_id=objection_id,
            payload=payload,
        )
