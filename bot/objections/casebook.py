"""Cases whole, decrypted for an operator: one with everything about it, or many for an export.

A field that does not open is named in `unreadable` and does not stop the rest. Erasing a person is
no such thing: what they told is then not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import literal, select, text
from sqlalchemy.engine import Connection

from bot.objections import model
from bot.objections.crypto import Keys, Sealer, Unreadable
from bot.objections.db import Database
from bot.objections.errors import UnknownReference
from bot.objections.listing import Filter
from bot.objections.references import parse_reference

__all__ = [
    "BATCH",
    "Account",
    "Case",
    "CaseReader",
    "Decided",
    "Event",
    "Mail",
    "Related",
    "exported",
]

# Cases that are in memory at once while exporting.
BATCH = 1000


@dataclass(frozen=True)
class Account:
    """An account that a case covers; `handle` is None once it was erased."""

    platform: str
    handle: str | None = field(repr=False)
    basis: str
    exclusion_state: str
    active: bool


@dataclass(frozen=True)
class Decided:
    """What an operator decided; `text` is what the person is told."""

    id: str
    kind: str
    ground: str | None
    text: str | None = field(repr=False)
    due_before: date | None
    due_after: date | None
    decided_by: str
    decided_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether it is a refusal that no second operator has confirmed yet."""
        return self.kind == "refused" and self.confirmed_by is None


@dataclass(frozen=True)
class Mail:
    """A mail about the case: `state` is `sent`, `waiting` or `failed`, `at` since when."""

    kind: str
    state: str
    at: datetime
    attempts: int
    problem: str | None


@dataclass(frozen=True)
class Related:
    """Another objection for an account of this one; `earlier` says whether it came before."""

    reference: str
    case_status: str
    verified: bool
    earlier: bool


@dataclass(frozen=True)
class Event:
    """An event of the audit log, as it is written there."""

    number: int
    at: str
    actor: str
    action: str
    payload: str


@dataclass(frozen=True)
class Case:
    """A case, decrypted. Without its history where it comes from an export.

    Without a person (`erased`) there is neither name, address nor reason. `unreadable` names fields
    that do not open.
    """

    reference: str
    case_status: str
    received_at: datetime
    due_on: date
    closed_at: datetime | None
    withdrawn_at: datetime | None
    verified_at: datetime | None
    taken_by: str | None
    channel: str
    language: str
    country: str | None
    notice_version: str
    erased: bool
    full_name: str | None = field(repr=False)
    email: str | None = field(repr=False)
    reason: str | None = field(repr=False)
    accounts: tuple[Account, ...] = field(repr=False)
    unreadable: tuple[str, ...]
    decisions: tuple[Decided, ...] = field(default=(), repr=False)
    mails: tuple[Mail, ...] = ()
    related: tuple[Related, ...] = ()
    history: tuple[Event, ...] = ()

    @property
    def proposal(self) -> Decided | None:
        """The refusal that waits for a second operator."""
        return next((one for one in self.decisions if one.waits), None)


class CaseReader:
    """Reads cases whole. Raises StorageError when the record cannot be read."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def case(self, reference: str) -> Case:
        """One case with its decisions, mails, relations and history.

        Raises FieldError for what is no number, UnknownReference when nobody has it.
        """
        number = parse_reference(reference)
        with self._database.session(read_only=True) as session:
            row = session.execute(
                _whole().where(model.objection.c.reference == number)
            ).one_or_none()
            if row is None:
                raise UnknownReference()
            unreadable: list[str] = []
            decisions = tuple(self._decisions(session, row, unreadable))
            return self._case(
                row,
                _accounts(session, [row.id]).get(row.id, []),
                unreadable,
                decisions=decisions,
                mails=tuple(_mails(session, row)),
                related=tuple(_related(session, row.id)),
                history=tuple(_history(session, row.id)),
            )

    def cases(self, wanted: Filter) -> Iterator[Case]:
        """The cases that fit, state by state, in each due soonest first.

        All of them are of one moment, and about a thousand are in memory at once.
        """
        with self._database.session(read_only=True) as session:
            if session.dialect.name == "postgresql":
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            objection = model.objection.c
            for status in wanted.searched():
                query = _whole().where(objection.case_status == status, *wanted.conditions())
                rows = session.execute(
                    query.order_by(objection.due_on, objection.reference),
                    execution_options={"stream_results": True, "max_row_buffer": BATCH},
                )
                for batch in rows.partitions(BATCH):
                    accounts = _accounts(session, [row.id for row in batch])
                    for row in batch:
                        yield self._case(row, accounts.get(row.id, []), [])

    # --- opening what is sealed

    def _case(self, row: Any, accounts: list[Any], unreadable: list[str], **more: Any) -> Case:
        sealer = self._sealer(row)

        def opened(name: str, sealed: bytes | None, table: str, row_id: str) -> str | None:
            return _opened(sealer, name, sealed, table, row_id, unreadable)

        return Case(
            reference=row.reference,
            case_status=row.case_status,
            received_at=row.received_at,
            due_on=row.due_on,
            closed_at=row.closed_at,
            withdrawn_at=row.withdrawn_at,
            verified_at=row.verified_at,
            taken_by=row.taken_by,
            channel=row.channel,
            language=row.language,
            country=row.country,
            notice_version=row.version,
            erased=row.contact_id is None,
            full_name=opened("full_name", row.full_name, "contact", row.contact_id),
            email=opened("email", row.email, "contact", row.contact_id),
            reason=opened("reason", row.reason, "objection", row.id),
            accounts=tuple(
                Account(
                    one.platform,
                    opened("handle", one.handle, "objection_account", one.id),
                    one.basis,
                    one.exclusion_state,
                    bool(one.active),
                )
                for one in accounts
            ),
            # Filled by the lines above.
            unreadable=tuple(dict.fromkeys(unreadable)),
            **more,
        )

    def _decisions(
        self, session: Connection, row: Any, unreadable: list[str]
    ) -> Iterator[Decided]:
        table, sealer = model.decision, self._sealer(row)
        found = session.execute(
            select(table)
            .where(table.c.objection_id == row.id)
            .order_by(table.c.decided_at, table.c.id)
        )
        for one in found:
            yield Decided(
                one.id,
                one.kind,
                one.ground,
                _opened(sealer, "decision", one.text, "decision", one.id, unreadable),
                one.due_before,
                one.due_after,
                one.decided_by,
                one.decided_at,
                one.confirmed_by,
                one.confirmed_at,
            )

    def _sealer(self, row: Any) -> Sealer | None:
        """The key of the person; None where they were erased or it does not open."""
        if row.contact_id is None:
            return None
        try:
            return self._keys.subject(row.wrapped_key, row.contact_id)
        except Unreadable:
            return None


def exported(case: Case) -> dict[str, Any]:
    """A case as one row of an export: plain values, times in UTC, accounts as a list."""
    return {
        "reference": case.reference,
        "case_status": case.case_status,
        "received_at": _iso(case.received_at),
        "due_on": case.due_on.isoformat(),
        "closed_at": _iso(case.closed_at),
        "withdrawn_at": _iso(case.withdrawn_at),
        "verified_at": _iso(case.verified_at),
        "taken_by": case.taken_by,
        "channel": case.channel,
        "language": case.language,
        "country": case.country,
        "notice_version": case.notice_version,
        "erased": case.erased,
        "full_name": case.full_name,
        "email": case.email,
        "reason": case.reason,
        "accounts": [
            {
                "platform": one.platform,
                "handle": one.handle,
                "basis": one.basis,
                "exclusion_state": one.exclusion_state,
                "active": one.active,
            }
            for one in case.accounts
        ],
        "unreadable": list(case.unreadable),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _opened(
    sealer: Sealer | None,
    name: str,
    sealed: bytes | None,
    table: str,
    row_id: str,
    unreadable: list[str],
) -> str | None:
    if sealed is None:
        return None
    if sealer is not None:
        try:
            return sealer.open(sealed, table=table, row_id=row_id, column=_COLUMNS.get(name, name))
        except (Unreadable, UnicodeDecodeError):
            pass
    unreadable.append(name)
    return None


# Where a field is not called as its column.
_COLUMNS = {"decision": "text"}


def _whole() -> Any:
    objection, contact = model.objection, model.contact
    return (
        select(
            objection,
            contact.c.wrapped_key,
            contact.c.full_name,
            contact.c.email,
            model.notice.c.version,
            model.withdrawal.c.withdrawn_at,
        )
        .join(model.notice, model.notice.c.id == objection.c.notice_id)
        .outerjoin(contact, contact.c.id == objection.c.contact_id)
        .outerjoin(model.withdrawal, model.withdrawal.c.objection_id == objection.c.id)
    )


def _accounts(session: Connection, objection_ids: list[str]) -> dict[str, list[Any]]:
    """The accounts of each of these objections, in their order."""
    covered = model.objection_account
    rows = session.execute(
        select(covered, model.account.c.platform)
        .join(model.account, model.account.c.id == covered.c.account_id)
        .where(covered.c.objection_id.in_(objection_ids))
        .order_by(covered.c.objection_id, covered.c.position)
    )
    return {key: list(group) for key, group in groupby(rows, key=attrgetter("objection_id"))}


def _mails(session: Connection, row: Any) -> Iterator[Mail]:
    """By the person, because that is what is indexed; erasing them deleted their mails."""
    table = model.outbox
    found = session.execute(
        select(table)
        .where(table.c.contact_id == row.contact_id, table.c.objection_id == row.id)
        .order_by(table.c.created_at, table.c.id)
    )
    for one in found:
        if one.sent_at is not None:
            yield Mail(one.kind, "sent", one.sent_at, one.attempts, None)
        elif one.failed_at is not None:
            yield Mail(one.kind, "failed", one.failed_at, one.attempts, one.problem)
        else:
            yield Mail(one.kind, "waiting", one.created_at, one.attempts, one.problem)


def _related(session: Connection, objection_id: str) -> Iterator[Related]:
    relation, other = model.relation.c, model.objection.c

    def of(mine: Any, theirs: Any, earlier: bool) -> Any:
        return (
            select(
                other.reference,
                other.case_status,
                other.verified_at.is_not(None).label("verified"),
                literal(earlier).label("earlier"),
                other.received_at,
            )
            .select_from(model.relation)
            .join(model.objection, other.id == theirs)
            .where(mine == objection_id)
            .order_by(other.received_at, other.reference)
        )

    for query in (
        of(relation.objection_id, relation.earlier_id, True),
        of(relation.earlier_id, relation.objection_id, False),
    ):
        for row in session.execute(query):
            yield Related(row.reference, row.case_status, bool(row.verified), bool(row.earlier))


def _history(session: Connection, objection_id: str) -> Iterator[Event]:
    event = model.audit_event.c
    rows = session.execute(
        select(event.number, event.at, event.actor, event.action, event.payload)
        .where(event.objection_id == objection_id)
        .order_by(event.number)
    )
    return (Event(*row) for row in rows)
