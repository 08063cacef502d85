"""Filing an objection, taking it back, its state, its receipt: one method per use case, one
transaction each.

What a person has been told is filed is in the database; what failed is not there at all. Nothing
personal is in an exception, a `repr` or a log line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, model, moments, outbox, sitting
from bot.objections.accounts import Account
from bot.objections.asking import DEFAULT, NOBODY, Asker, Asking, Limits
from bot.objections.crypto import Keys, readable
from bot.objections.db import Conflict, Database
from bot.objections.errors import StorageError, UnknownReference
from bot.objections.filing import Checked, Filing, check
from bot.objections.notice import NOTICE, Notice, NoticeChanged
from bot.objections.receipts import Issuer, Receipt
from bot.objections.recording import Filed, FiledObjection, Recorder
from bot.objections.references import new_reference, parse_reference
from bot.objections.sitting import Known

__all__ = ["Filed", "FiledObjection", "ObjectionService", "Status", "Withdrawn"]

# A lost race is settled by one more look; more attempts are for the chance of a repeated number.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Status:
    """How an objection stands. Holds nothing personal.

    It is for the person, and for whoever handles the objection: the number alone is no proof.
    `letter_sent_at` is when a helper's letter went out, None before and in other roles.
    """

    reference: str
    case_status: str
    received_at: datetime
    due_on: date
    account_count: int
    is_verified: bool = False
    letter_sent_at: datetime | None = None


@dataclass(frozen=True)
class Withdrawn:
    """An objection that was taken back. `withdrawn_at` is in UTC and never changes."""

    reference: str
    withdrawn_at: datetime


class ObjectionService:
    """The use cases. `issuer` signs the receipts, `limits` are those of mails with codes, `clock`
    returns an aware time, `new_reference` a number never used before."""

    def __init__(
        self,
        database: Database,
        keys: Keys,
        issuer: Issuer,
        *,
        limits: Limits = DEFAULT,
        clock: Callable[[], datetime] = moments.now,
        new_reference: Callable[[], str] = new_reference,
        notice: Notice = NOTICE,
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._sends_letters = issuer.role == "helper"
        self._recorder = Recorder(
            keys, issuer, notice, new_reference, Asking(keys, limits)
        )

    def file(self, filing: Filing, asker: Asker = NOBODY) -> Filed:
        """Record one objection per Accounts Center, or repeat the answer to an earlier filing.

        `asker` is who files, so that the mails that this sends can be limited.

        The named account and those linked with it are one objection; each unlinked account is one
        of its own. The same idempotency key gives the first answer, whatever else is in the filing.
        What stands already in the same sitting, for the same accounts, is named and not recorded
        again.

        Raises FieldError when a value is not valid, StorageError when nothing could be written.
        """
        checked = check(filing)
        batch_id = model.new_id()
        failure = StorageError()
        for _ in range(_ATTEMPTS):
            try:
                with self._database.session() as session:
                    earlier = self._filed(session, checked.idempotency_key)
                    return earlier or self._record(session, batch_id, checked, asker)
            except NoticeChanged:
                raise
            except StorageError as error:
                # Somebody else may have filed under this key a moment before us. And when the
                # connection breaks during the commit, only the record knows how it ended.
                found = self.find(checked.idempotency_key)
                if found is not None:
                    return replace(found, again=found.batch_id != batch_id)
                if not isinstance(error, Conflict):
                    raise
                failure = error
        raise failure

    def _record(
        self, session: Connection, batch_id: str, checked: Checked, asker: Asker
    ) -> Filed:
        accounts = [account for center in checked.centers for account in center]
        numbers = sitting.standing(session, self._keys, checked.sitting, accounts)
        rest, stands = sitting.still_to_record(checked, numbers)
        if not rest.centers:
            first = self._status(session, stands[0].reference)
            return Filed(batch_id, first.received_at, first.due_on, stands, again=True)
        with readable():
            joined = sitting.to_join(session, self._keys, checked)
        filed = self._recorder.record(session, batch_id, rest, self._clock(), joined, asker)
        return replace(filed, objections=(*filed.objections, *stands))

    def known(self, reference: str) -> Known | None:
        """What was told with this objection; None when there is none, or its person was erased.

        Whoever calls this has made sure that the objection is the person's. Raises StorageError.
        """
        with readable(), self._database.session(read_only=True) as session:
            return sitting.known(session, self._keys, reference)

    def show_notice(self, conversation: str) -> str:
        """Note that the notice is shown in this conversation; an id for `Filing.notice_display`.

        Raises StorageError.
        """
        with self._database.session() as session:
            return self._recorder.show(session, conversation, self._clock())

    def withdraw(self, references: Iterable[str], channel: str) -> tuple[Withdrawn, ...]:
        """Take objections back, all of them or none; their accounts are held by them no longer.

        Other objections for the same accounts keep their hold. What was taken back before keeps its
        first time, and nothing more is written about it. The answer is in the order of
        `references`, each once. Whoever calls this has made sure that they are the person's.

        Raises FieldError for what is no number, UnknownReference when there is no objection with
        one of the numbers, StorageError when nothing could be written.
        """
        numbers = tuple(dict.fromkeys(parse_reference(reference) for reference in references))
        failure = StorageError()
        for _ in range(_ATTEMPTS):
            try:
                with self._database.session() as session:
                    return self._withdraw(session, numbers, channel)
            except Conflict as error:
                # Somebody took one of them back a moment before us: their answer is the first.
                failure = error
            except StorageError:
                # When the connection breaks during the commit, only the record knows how it ended.
                with self._database.session(read_only=True) as session:
                    rows = self._to_withdraw(session, numbers)
                if len(rows) < len(numbers) or not all(row.withdrawn_at for row in rows):
                    raise
                return _in_order(numbers, {row.reference: row.withdrawn_at for row in rows})
        raise failure

    def status(self, reference_text: str) -> Status:
        """How the objection with this number stands.

        Raises FieldError for what is no number, UnknownReference for a number without objection,
        StorageError when the record cannot be read.
        """
        reference = parse_reference(reference_text if isinstance(reference_text, str) else "")
        with self._database.session(read_only=True) as session:
            return self._status(session, reference)

    def receipt(self, reference: str) -> Receipt:
        """The receipt of an objection, by its number as it is stored; always the same one.

        Whoever calls this has made sure that the receipt is theirs: it has a name in it.

        Raises UnknownReference when there is none, StorageError when it cannot be read.
        """
        objection, kept = model.objection.c, model.receipt.c
        with self._database.session(read_only=True) as session:
            row = session.execute(
                select(
                    kept.id,
                    kept.content,
                    kept.key_id,
                    kept.signature,
                    model.contact.c.id.label("contact_id"),
                    model.contact.c.wrapped_key,
                )
                .join(model.objection, objection.id == kept.objection_id)
                .join(model.contact, model.contact.c.id == objection.contact_id)
                .where(objection.reference == reference, kept.content.is_not(None))
            ).one_or_none()
        if row is None:
            raise UnknownReference()
        content = self._opened(row, row.content, "receipt", "content")
        return Receipt(json.loads(content), row.key_id, row.signature)

    # --- reading what was filed

    def _status(self, session: Connection, reference: str) -> Status:
        objection, covered = model.objection.c, model.objection_account.c
        count = select(func.count()).where(covered.objection_id == objection.id).scalar_subquery()
        letter = (
            select(func.min(model.outbox.c.sent_at))
            .where(
                model.outbox.c.objection_id == objection.id, model.outbox.c.kind == "letter"
            )
            .scalar_subquery()
        )
        row = session.execute(
            select(
                objection.case_status,
                objection.received_at,
                objection.due_on,
                objection.verified_at,
                count.label("accounts"),
                letter.label("letter_sent_at"),
            ).where(objection.reference == reference)
        ).one_or_none()
        if row is None:
            raise UnknownReference()
        return Status(
            reference,
            row.case_status,
            row.received_at,
            row.due_on,
            row.accounts,
            is_verified=row.verified_at is not None,
            letter_sent_at=row.letter_sent_at,
        )

    def find(self, idempotency_key: str) -> Filed | None:
        """What was recorded under this key; None when nothing was.

        Raises StorageError when the record cannot be read.
        """
        with self._database.session(read_only=True) as session:
            return self._filed(session, idempotency_key)

    def _filed(self, session: Connection, idempotency_key: str) -> Filed | None:
        objection, covered = model.objection, model.objection_account
        rows = session.execute(
            select(
                objection.c.batch_id,
                objection.c.received_at,
                objection.c.due_on,
                objection.c.reference,
                covered.c.id,
                covered.c.handle,
                model.account.c.platform,
                model.contact.c.id.label("contact_id"),
                model.contact.c.wrapped_key,
            )
            .join(covered, covered.c.objection_id == objection.c.id)
            .join(model.account, model.account.c.id == covered.c.account_id)
            .outerjoin(model.contact, model.contact.c.id == objection.c.contact_id)
            .where(objection.c.idempotency_key == idempotency_key)
            .order_by(objection.c.batch_position, covered.c.position)
        ).all()
        if not rows:
            return None
        objections = tuple(
            # A handle that was erased since is not named any more.
            FiledObjection(reference, tuple(self._account(r) for r in of_one if r.handle))
            for reference, of_one in groupby(rows, key=attrgetter("reference"))
        )
        first = rows[0]
        return Filed(first.batch_id, first.received_at, first.due_on, objections, again=True)

    def _account(self, row: Any) -> Account:
        handle = self._opened(row, row.handle, "objection_account", "handle")
        return Account(platform=row.platform, handle=handle)

    def _opened(self, row: Any, sealed: bytes, table: str, column: str) -> str:
        """A sealed field of `row`, which has its own id, `contact_id` and `wrapped_key`."""
        with readable():
            sealer = self._keys.subject(row.wrapped_key, row.contact_id)
            return sealer.open(sealed, table=table, row_id=row.id, column=column)

    # --- taking back

    def _withdraw(
        self, session: Connection, numbers: tuple[str, ...], channel: str
    ) -> tuple[Withdrawn, ...]:
        rows = self._to_withdraw(session, numbers)
        if len(rows) < len(numbers):
            raise UnknownReference()
        times = {row.reference: row.withdrawn_at for row in rows}
        now = self._clock().astimezone(timezone.utc)
        standing = [row for row in rows if row.withdrawn_at is None]
        for row in standing:
            # Before anything else, so that who comes second changes nothing.
            session.execute(
                insert(model.withdrawal).values(
                    id=model.new_id(), objection_id=row.id, withdrawn_at=now, channel=channel
                )
            )
            times[row.reference] = now
        released = [cases.move(session, row.id, "withdrawn", now) for row in standing]
        for row in standing:
            outbox.put(session, "withdrawn", now, row.contact_id, objection_id=row.id)
            if self._sends_letters:
                outbox.put(session, "letter", now, row.contact_id, objection_id=row.id)
        # After everything else: from the first event to the commit, all who file wait for us.
        for row, accounts in zip(standing, released, strict=True):
            audit.append(
                session,
                at=now,
                actor="person",
                action="objection_withdrawn",
                objection_id=row.id,
                payload={"accounts": accounts},
            )
        return _in_order(numbers, times)

    def _to_withdraw(self, session: Connection, numbers: tuple[str, ...]) -> list[Any]:
        """The objections with these numbers: `id`, `reference`, `withdrawn_at` or None."""
        objection, kept = model.objection.c, model.withdrawal.c
        rows: list[Any] = session.execute(
            select(
                objection.id, objection.reference, objection.contact_id, kept.withdrawn_at
            )
            .select_from(model.objection)
            .outerjoin(model.withdrawal, kept.objection_id == objection.id)
            .where(objection.reference.in_(numbers))
            # In one order for everybody: two that take back the same ones wait for each other
            # instead of waiting in a circle.
            .order_by(objection.id)
        ).all()
        return rows


def _in_order(numbers: Iterable[str], times: Mapping[str, datetime]) -> tuple[Withdrawn, ...]:
    return tuple(Withdrawn(number, times[number]) for number in numbers)
