"""Confirming an e-mail address, and what that opens: coming back from elsewhere, another address.

Nobody is told anything about a number before they have shown that its e-mail address is theirs. For
a number that nobody has, the same statements run and the same kind of answer comes back, so that
neither words nor time tell whether it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, codes, model, moments, outbox
from bot.objections.asking import DEFAULT, NOBODY, Asker, Asking, Limits, mailbox_of, person
from bot.objections.crypto import Keys, Sealer, readable
from bot.objections.db import Database
from bot.objections.errors import CodeNotSent, CodeRefused, UnknownReference
from bot.objections.fields import parse_email, parse_full_name
from bot.objections.references import parse_reference

__all__ = ["Awaited", "Opened", "Verification"]

# What is opened for a number that nobody has, so that answering takes the same steps.
_NOBODYS = "nobody@nowhere.test"


@dataclass(frozen=True)
class Awaited:
    """The code that confirms a filing: the id to enter it with. `is_new` says that it went out with
    this filing and not before; `problem` that none did, and when one may be asked for."""

    id: str
    is_new: bool = True
    problem: CodeNotSent | None = None


@dataclass(frozen=True)
class Opened:
    """What a right code has opened. `references` are those of the sitting that it was asked for,
    oldest first, and of no other."""

    purpose: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class _Person:
    """As a row of the record: whose an objection is."""

    objection_id: str | None
    contact_id: str | None
    verified_at: datetime | None
    wrapped_key: bytes
    email: bytes = field(repr=False)


class Verification:
    """The use cases, each in one transaction. `sends_copies` is for the role `helper`.

    A code, its attempts and how often one may be asked for belong to the conversation that asks:
    each request has a row of its own, which is named to nobody else.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        *,
        sends_copies: bool = False,
        limits: Limits = DEFAULT,
        clock: Callable[[], datetime] = moments.now,
    ) -> None:
        self._database = database
        self._keys = keys
        self._sends_copies = sends_copies
        self._asking = Asking(keys, limits)
        self._clock = clock
        sealer, wrapped = keys.new_subject("")
        email = sealer.seal(_NOBODYS, table="contact", row_id="", column="email")
        self._nobody = _Person(None, None, None, wrapped, email)

    def awaited(self, reference: str, asker: Asker = NOBODY) -> Awaited | None:
        """The code for what was just filed; None when its address is confirmed already.

        Where none went out with it, one that is still good does as well.
        """
        objection, wanted = model.objection.c, model.verification.c
        now = self._clock()
        with self._database.session(read_only=True) as session:
            rows = session.execute(
                select(
                    wanted.id,
                    wanted.requested_at,
                    codes.is_good(now).label("is_good"),
                    objection.received_at,
                    objection.contact_id,
                )
                .join(model.objection, objection.contact_id == wanted.contact_id)
                .where(
                    objection.reference == reference,
                    objection.verified_at.is_(None),
                    wanted.purpose == "confirm",
                )
                .order_by(wanted.requested_at.desc())
            ).all()
            if not rows:
                return None
            for row in rows:
                if row.is_good:
                    return Awaited(row.id, row.requested_at >= row.received_at)
            sent_to = mailbox_of(self._email(session, rows[0].contact_id))
            room = self._asking.look(session, asker, "confirm", sent_to, now)
        return Awaited(rows[0].id, False, room.problem or CodeNotSent("none", 0))

    def confirm(self, reference: str, asker: Asker = NOBODY) -> str:
        """Send another code for confirming the address of this objection; the id to enter it with.

        Whoever calls this has made sure that the objection is the person's. Raises CodeNotSent,
        UnknownReference.
        """
        now = self._clock()
        with self._database.session() as session:
            row = self._row(session, reference)
            sent_to = mailbox_of(self._email(session, row.contact_id))
            self._check_room(session, asker, "confirm", sent_to, now)
            return self._asking.put(
                session, asker, "confirm", now, row.contact_id,
                sent_to=sent_to, objection_id=row.id,
            )

    def request(self, reference_text: str, asker: Asker = NOBODY) -> str:
        """Send a code to the address of the objection with this number, if there is one and its
        mailbox may get one more.

        Returns an id to enter the code with, in any case. Raises FieldError for what is no number,
        CodeNotSent when the caller, or everybody, has asked too often: which is so for any number.
        """
        reference = parse_reference(reference_text)
        now = self._clock()
        with self._database.session() as session:
            row = self._person(session, reference)
            with readable():
                sealer = self._keys.subject(row.wrapped_key, row.contact_id or "")
                email = sealer.open(
                    row.email, table="contact", row_id=row.contact_id or "", column="email"
                )
            # Strangers can have mail sent to an address that they know, but to no number.
            counted = mailbox_of(email)
            if row.contact_id is not None and row.verified_at is not None:
                counted = person(row.contact_id)
            room = self._asking.room(session, asker, "access", counted, now)
            if room.told is not None:
                raise room.told
            mailed = row.contact_id is not None and room.quiet is None
            return self._asking.put(
                session,
                asker,
                "access",
                now,
                row.contact_id if mailed else None,
                sent_to=counted if mailed else None,
                objection_id=row.objection_id if mailed else None,
            )

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

    def change_email(self, reference: str, new_email: str, asker: Asker = NOBODY) -> str:
        """Send a code to the address that is to take the place of the present one.

        Whoever calls this has made sure that the objection is the person's. Raises FieldError,
        CodeNotSent, UnknownReference.
        """
        email = parse_email(new_email)
        with self._database.session() as session:
            return self._ask_new(session, self._row(session, reference), email, asker)

    def change_again(self, reference: str, verification_id: str, asker: Asker = NOBODY) -> str:
        """Send another code to the address that an earlier one was sent to.

        Raises CodeNotSent, and CodeRefused when that is too long ago: the address is then gone.
        """
        wanted = model.verification
        with self._database.session() as session:
            objection = self._row(session, reference)
            row = session.execute(
                select(wanted).where(
                    wanted.c.id == verification_id,
                    wanted.c.contact_id == objection.contact_id,
                    wanted.c.new_email.is_not(None),
                    wanted.c.used_at.is_(None),
                )
            ).one_or_none()
            if row is None:
                raise CodeRefused()
            email = self._sealer(session, row.contact_id).open(
                row.new_email, table="verification", row_id=row.id, column="new_email"
            )
            return self._ask_new(session, objection, email, asker)

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

    def _check_room(
        self, session: Connection, asker: Asker, purpose: str, sent_to: str, now: datetime
    ) -> None:
        problem = self._asking.room(session, asker, purpose, sent_to, now).problem
        if problem is not None:
            raise problem

    def _ask_new(self, session: Connection, objection: Any, email: str, asker: Asker) -> str:
        now, row_id = self._clock(), model.new_id()
        self._check_room(session, asker, "change", mailbox_of(email), now)
        sealed = self._sealer(session, objection.contact_id).seal(
            email, table="verification", row_id=row_id, column="new_email"
        )
        return self._asking.put(
            session,
            asker,
            "change",
            now,
            objection.contact_id,
            sent_to=mailbox_of(email),
            objection_id=objection.id,
            new_email=sealed,
            row_id=row_id,
        )

    def _person(self, session: Connection, reference: str) -> Any:
        objection, contact = model.objection.c, model.contact.c
        row = session.execute(
            select(
                objection.id.label("objection_id"),
                contact.id.label("contact_id"),
                objection.verified_at,
                contact.wrapped_key,
                contact.email,
            )
            .join(model.contact, contact.id == objection.contact_id)
            .where(objection.reference == reference)
        ).one_or_none()
        return row or self._nobody

    def _email(self, session: Connection, contact_id: str) -> str:
        table = model.contact.c
        sealed = session.execute(select(table.email).where(table.id == contact_id)).scalar_one()
        with readable():
            return self._sealer(session, contact_id).open(
                sealed, table="contact", row_id=contact_id, column="email"
            )

    # --- what a right code opens

    def _open(self, session: Connection, verification_id: str, now: datetime) -> Opened | None:
        wanted = model.verification
        row = session.execute(select(wanted).where(wanted.c.id == verification_id)).one()
        if row.contact_id is None:
            return None
        objection = model.objection.c
        was_confirmed = (
            select(objection.id)
            .where(objection.contact_id == row.contact_id, objection.verified_at.is_not(None))
            .limit(1)
        )
        # An address that was never confirmed may be anybody's, who is told nothing.
        tells = session.execute(was_confirmed).first() is not None
        changes = row.purpose == "change"
        if changes:
            self._change_email(session, row)
        confirmed = cases.confirm(session, row.contact_id, now)
        outbox.put_confirmed(
            session, now, row.contact_id, confirmed, copies=self._sends_copies
        )
        own = session.execute(
            select(objection.id, objection.reference)
            .where(objection.contact_id == row.contact_id)
            .order_by(objection.received_at, objection.batch_position)
        ).all()
        if changes and tells:
            outbox.put(
                session,
                "address_changed",
                now,
                row.contact_id,
                objection_id=own[0].id,
                verification_id=verification_id,
            )
        if changes:
            self._note(session, own[0].id, "contact_changed", {"field": "email"}, now)
        for objection_id in confirmed:
            self._note(session, objection_id, "email_verified", {}, now)
        return Opened(row.purpose, tuple(one.reference for one in own))

    def _change_email(self, session: Connection, row: Any) -> None:
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
