"""Going on with a sitting: what the same person has told before need not be told again.

Whoever calls this has made sure that the objections are the person's: they were filed in this
conversation, or a code has shown it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.objections import model
from bot.objections.accounts import Account
from bot.objections.crypto import Keys
from bot.objections.filing import Checked
from bot.objections.recording import FiledObjection, Sitting
from bot.objections.states import STANDING

__all__ = ["Known", "known", "standing", "still_to_record", "to_join"]


@dataclass(frozen=True)
class Known:
    """What a person has told in an earlier filing."""

    full_name: str = field(repr=False)
    email: str = field(repr=False)
    country: str | None = field(repr=False)
    reason: str | None = field(repr=False)


def known(session: Connection, keys: Keys, reference: str) -> Known | None:
    """What was told with this objection; None when there is none, or its person was erased."""
    row = _person(session, reference)
    if row is None:
        return None
    sealer = keys.subject(row.wrapped_key, row.contact_id)

    def opened(sealed: bytes, table: str, row_id: str, column: str) -> str:
        return sealer.open(sealed, table=table, row_id=row_id, column=column)

    reason = None if row.reason is None else opened(row.reason, "objection", row.id, "reason")
    return Known(
        opened(row.full_name, "contact", row.contact_id, "full_name"),
        opened(row.email, "contact", row.contact_id, "email"),
        row.country,
        reason,
    )


def to_join(session: Connection, keys: Keys, checked: Checked) -> Sitting | None:
    """The sitting that this filing joins; None when it has none, or is by somebody else."""
    if not checked.sitting:
        return None
    reference = checked.sitting[-1]
    before = known(session, keys, reference)
    if before is None or (before.full_name, before.email) != (checked.full_name, checked.email):
        return None
    row = _person(session, reference)
    assert row is not None
    table = model.objection.c
    last = session.execute(
        select(table.batch_position)
        .where(table.batch_id == row.batch_id)
        .order_by(table.batch_position.desc())
        .limit(1)
    ).scalar_one()
    sealer = keys.subject(row.wrapped_key, row.contact_id)
    verified = row.verified_at is not None
    return Sitting(row.contact_id, sealer, row.batch_id, last + 1, verified)


def standing(
    session: Connection, keys: Keys, references: Sequence[str], accounts: Sequence[Account]
) -> dict[Any, str]:
    """Which of these accounts a standing one of these objections covers: key to number."""
    if not references:
        return {}
    hashes = {
        index.digest: account.key
        for account in accounts
        for index in keys.indexes("account", *account.key)
    }
    objection, covered, account_ = (
        model.objection.c, model.objection_account.c, model.account.c
    )
    rows = session.execute(
        select(objection.reference, account_.handle_index)
        .join(model.objection_account, covered.objection_id == objection.id)
        .join(model.account, account_.id == covered.account_id)
        .where(
            objection.reference.in_(list(references)),
            covered.exclusion_state.in_(STANDING),
            account_.handle_index.in_(list(hashes)),
        )
        .order_by(objection.received_at)
    )
    return {hashes[row.handle_index]: row.reference for row in rows}


def still_to_record(
    checked: Checked, numbers: Mapping[Any, str]
) -> tuple[Checked, tuple[FiledObjection, ...]]:
    """The filing without what stands already, and that: nothing is recorded twice in a sitting."""
    stands: list[FiledObjection] = []
    rest: list[tuple[Account, ...]] = []
    for accounts in checked.centers:
        covering = {numbers.get(account.key) for account in accounts}
        (number, *others) = covering
        if number is None or others:
            rest.append(accounts)
        else:
            stands.append(FiledObjection(number, accounts, stood=True))
    return replace(checked, centers=tuple(rest)), tuple(stands)


def _person(session: Connection, reference: str) -> Any:
    objection, contact = model.objection.c, model.contact.c
    return session.execute(
        select(
            objection.id,
            objection.batch_id,
            objection.country,
            objection.reason,
            objection.verified_at,
            contact.id.label("contact_id"),
            contact.wrapped_key,
            contact.full_name,
            contact.email,
        )
        .join(model.contact, contact.id == objection.contact_id)
        .where(objection.reference == reference)
    ).one_or_none()
