"""Writing a filing into the record: every row of it, in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from operator import attrgetter
from typing import Any

from sqlalchemy import Table, and_, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, codes, model, outbox, receipts
from bot.objections.accounts import Account
from bot.objections.asking import NOBODY, Asker, Asking, mailbox_of
from bot.objections.crypto import BlindIndex, Keys, Sealer
from bot.objections.deadlines import due_on
from bot.objections.filing import Checked
from bot.objections.notice import Notice, NoticeChanged
from bot.objections.receipts import Facts, Issuer
from bot.objections.signing import canonical

__all__ = ["Filed", "FiledObjection", "Recorder", "Sitting"]


@dataclass(frozen=True)
class FiledObjection:
    """One objection and the accounts it covers, the one the person named first. `stood` says that
    it was on record before, for the same accounts."""

    reference: str
    accounts: tuple[Account, ...] = field(repr=False)
    stood: bool = False


@dataclass(frozen=True)
class Sitting:
    """Where a sitting goes on: the same person under the same key, the same batch."""

    contact_id: str
    sealer: Sealer
    batch_id: str
    position: int
    is_verified: bool


@dataclass(frozen=True)
class Filed:
    """The objections of one filing, in the order in which their accounts were named.

    `received_at` is in UTC. `due_on` is the last day for an answer, the same for all of them.
    `again` says that an earlier answer was repeated.
    """

    batch_id: str
    received_at: datetime
    due_on: date
    objections: tuple[FiledObjection, ...]
    again: bool


class Recorder:
    """Writes filings. `new_reference` returns a number never used before."""

    def __init__(
        self,
        keys: Keys,
        issuer: Issuer,
        notice: Notice,
        new_reference: Callable[[], str],
        asking: Asking,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._notice = notice
        self._new_reference = new_reference
        self._asking = asking

    def record(
        self,
        session: Connection,
        batch_id: str,
        checked: Checked,
        now: datetime,
        sitting: Sitting | None = None,
        asker: Asker = NOBODY,
    ) -> Filed:
        """Write one objection per Accounts Center, with its accounts, receipt and event.

        With `sitting` they join what the same person filed before. A code is put up where `asker`
        and the address may have one more; the filing never depends on it.

        Raises NoticeChanged when the record holds another text under the notice's version.
        """
        due = due_on(now, checked.country)
        notice_id = self._notice_id(session, now)
        # In one order for everybody: two filings that name the same accounts then wait for each
        # other instead of waiting in a circle.
        named = sorted((a for center in checked.centers for a in center), key=attrgetter("key"))
        account_ids = {a.key: self._account_id(session, a, now) for a in named}
        # From here on nobody else changes what covers these accounts. All that will be needed at
        # once, for two who lock one set after another could wait for each other.
        needed = {*account_ids.values()}
        if sitting is not None and sitting.is_verified:
            objection = model.objection.c
            before = select(objection.id).where(objection.contact_id == sitting.contact_id)
            needed.update(cases.accounts_of(session, before))
        cases.lock_accounts(session, needed)
        earlier = cases.active_ones(session, account_ids.values())
        if sitting is None:
            contact_id, sealer = self._write_contact(session, checked, now)
            first = 0
        else:
            contact_id, sealer, batch_id = sitting.contact_id, sitting.sealer, sitting.batch_id
            first = sitting.position
        filed: list[FiledObjection] = []
        objection_ids: list[str] = []
        for position, accounts in enumerate(checked.centers, start=first):
            ids = [account_ids[account.key] for account in accounts]
            reference = self._new_reference()
            objection_id = model.new_id()
            reason = None
            if checked.reason is not None:
                reason = sealer.seal(
                    checked.reason, table="objection", row_id=objection_id, column="reason"
                )
            session.execute(
                insert(model.objection).values(
                    id=objection_id,
                    reference=reference,
                    batch_id=batch_id,
                    batch_position=position,
                    received_at=now,
                    due_on=due,
                    channel=checked.channel,
                    language=checked.language,
                    country=checked.country,
                    reason=reason,
                    case_status="received",
                    notice_id=notice_id,
                    notice_display_id=checked.notice_display,
                    account_center_id=self._write_center(session, ids, now),
                    contact_id=contact_id,
                    idempotency_key=checked.idempotency_key,
                )
            )
            covered = list(zip(accounts, ids, strict=True))
            self._cover(session, sealer, objection_id, covered, earlier)
            cases.relate(session, objection_id, (earlier[i] for i in ids if i in earlier), now)
            facts = Facts(
                reference=reference,
                received_at=now,
                full_name=checked.full_name,
                accounts=accounts,
                reason_given=checked.reason is not None,
                notice=self._notice,
                answer_by=due if self._issuer.answers else None,
            )
            self._write_receipt(session, sealer, objection_id, facts)
            filed.append(FiledObjection(reference, accounts))
            objection_ids.append(objection_id)
            if self._issuer.role == "helper":
                outbox.put(session, "letter", now, contact_id, objection_id=objection_id)
        if sitting is None or not (
            sitting.is_verified or _has_good_code(session, contact_id, now)
        ):
            sent_to = mailbox_of(checked.email)
            room = self._asking.room(session, asker, "confirm", sent_to, now)
            self._asking.put(
                session,
                # What sends nothing is not counted either.
                NOBODY if room.problem else asker,
                "confirm",
                now,
                contact_id,
                sent_to=None if room.problem else sent_to,
                objection_id=objection_ids[0],
            )
        confirmed: list[str] = []
        if sitting is not None and sitting.is_verified:
            # The address of this person was confirmed before, so it is for these, too.
            confirmed = cases.confirm(session, contact_id, now)
            copies = self._issuer.role == "helper"
            outbox.put_confirmed(session, now, contact_id, confirmed, copies=copies)
        # After everything else: from the first event to the commit, all who file wait for us.
        by_objection = zip(objection_ids, checked.centers, strict=True)
        for position, (objection_id, accounts) in enumerate(by_objection, start=first):
            audit.append(
                session,
                at=now,
                actor="person",
                action="objection_filed",
                objection_id=objection_id,
                payload={
                    "accounts": len(accounts),
                    "batch_id": batch_id,
                    "notice_sha256": self._notice.sha256,
                    "notice_version": self._notice.version,
                    "position": position,
                },
            )
        for objection_id in confirmed:
            audit.append(
                session,
                at=now,
                actor="person",
                action="email_verified",
                objection_id=objection_id,
                payload={},
            )
        return Filed(batch_id, now.astimezone(timezone.utc), due, tuple(filed), again=False)

    def _write_contact(
        self, session: Connection, checked: Checked, now: datetime
    ) -> tuple[str, Sealer]:
        row_id = model.new_id()
        sealer, wrapped = self._keys.new_subject(row_id)
        email_index = self._keys.index("contact.email", checked.email)
        session.execute(
            insert(model.contact).values(
                id=row_id,
                wrapped_key=wrapped,
                full_name=sealer.seal(
                    checked.full_name, table="contact", row_id=row_id, column="full_name"
                ),
                email=sealer.seal(checked.email, table="contact", row_id=row_id, column="email"),
                email_index=email_index.digest,
                email_key_id=email_index.key_id,
                created_at=now,
            )
        )
        return row_id, sealer

    def _write_center(self, session: Connection, account_ids: Iterable[str], now: datetime) -> str:
        center_id = model.new_id()
        session.execute(insert(model.account_center).values(id=center_id, created_at=now))
        for account_id in account_ids:
            session.execute(
                insert(model.center_link).values(
                    id=model.new_id(),
                    account_center_id=center_id,
                    account_id=account_id,
                    source="self-declared",
                    linked_from=now,
                )
            )
        return center_id

    def _cover(
        self,
        session: Connection,
        sealer: Sealer,
        objection_id: str,
        accounts: list[tuple[Account, str]],
        earlier: Mapping[str, str],
    ) -> None:
        for position, (account, account_id) in enumerate(accounts):
            row_id = model.new_id()
            session.execute(
                insert(model.objection_account).values(
                    id=row_id,
                    objection_id=objection_id,
                    account_id=account_id,
                    position=position,
                    handle=sealer.seal(
                        account.handle, table="objection_account", row_id=row_id, column="handle"
                    ),
                    basis="center" if position else "named",
                    # From receipt the account may not be used while the case is open: GDPR
                    # Art. 18(1)(d).
                    exclusion_state="hold",
                    active=account_id not in earlier,
                )
            )

    def _write_receipt(
        self, session: Connection, sealer: Sealer, objection_id: str, facts: Facts
    ) -> None:
        receipt = receipts.issue(facts, self._issuer)
        row_id = model.new_id()
        content = canonical(receipt.content).decode("utf-8")
        session.execute(
            insert(model.receipt).values(
                id=row_id,
                objection_id=objection_id,
                content=sealer.seal(content, table="receipt", row_id=row_id, column="content"),
                signature=receipt.signature,
                key_id=receipt.key_id,
                created_at=facts.received_at,
            )
        )

    def _account_id(self, session: Connection, account: Account, now: datetime) -> str:
        """The row of this account, made when nobody has named it before."""
        # `key` and not `handle`: the platform decides which spellings are the same account.
        platform, name = account.key
        table = model.account.c
        look_up = (
            select(table.id)
            .where(
                table.platform == platform,
                or_(*(_is(index) for index in self._keys.indexes("account", platform, name))),
            )
            .order_by(table.created_at, table.id)
            .limit(1)
        )
        row_id = session.execute(look_up).scalar_one_or_none()
        if row_id is None:
            fresh = model.new_id()
            index = self._keys.index("account", platform, name)
            _insert_unless_there(
                session,
                model.account,
                id=fresh,
                platform=platform,
                handle_index=index.digest,
                handle_key_id=index.key_id,
                created_at=now,
            )
            row_id = session.execute(look_up).scalar_one()
        return str(row_id)

    def show(self, session: Connection, conversation: str, now: datetime) -> str:
        """Note that the notice was shown in a conversation; the id of the row."""
        row_id = model.new_id()
        index = self._keys.index("notice.display", conversation)
        session.execute(
            insert(model.notice_display).values(
                id=row_id,
                notice_id=self._notice_id(session, now),
                conversation_index=index.digest,
                conversation_key_id=index.key_id,
                shown_at=now,
            )
        )
        return row_id

    def _notice_id(self, session: Connection, now: datetime) -> str:
        """The row of the notice, written once. Raises NoticeChanged when its text has changed."""
        table = model.notice.c
        look_up = select(table.id, table.sha256).where(
            table.version == self._notice.version, table.language == self._notice.language
        )
        row = session.execute(look_up).one_or_none()
        if row is None:
            _insert_unless_there(
                session,
                model.notice,
                id=model.new_id(),
                version=self._notice.version,
                language=self._notice.language,
                title=self._notice.title,
                text=self._notice.text,
                sha256=self._notice.sha256,
                created_at=now,
            )
            row = session.execute(look_up).one()
        if row.sha256 != self._notice.sha256:
            raise NoticeChanged()
        return str(row.id)


def _has_good_code(session: Connection, contact_id: str, at: datetime) -> bool:
    wanted = model.verification.c
    good = select(wanted.id).where(
        wanted.contact_id == contact_id, wanted.purpose == "confirm", codes.is_good(at)
    )
    return session.execute(good.limit(1)).first() is not None


def _is(index: BlindIndex) -> Any:
    table = model.account.c
    return and_(table.handle_index == index.digest, table.handle_key_id == index.key_id)


def _insert_unless_there(session: Connection, table: Table, **values: object) -> None:
    """Write a row that many filings share; when another transaction was first, its row stays."""
    dialect = postgresql if session.dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
