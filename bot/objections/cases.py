"""Moving a case, and what follows for its accounts, in the transaction of the caller.

Every change of a state goes through here, so that the pairs in `states.EXCLUSIONS` are the only
ones there ever are, and each account that anybody holds or excludes has exactly one active
objection. An account's row is locked before its objections are looked at, always in the order of
the ids, so that two who change the same accounts wait for each other, and never in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from bot.objections import model
from bot.objections.errors import UnknownReference
from bot.objections.states import CLOSED, STANDING, check_move, exclusion_after

__all__ = [
    "accounts_of",
    "active_ones",
    "confirm",
    "join",
    "lock_accounts",
    "lock_accounts_of",
    "move",
    "relate",
    "release",
]


def move(session: Connection, objection_id: str, to: str, at: datetime) -> int:
    """Move a case to another state, its accounts with it; the number of accounts.

    Raises MoveRefused where that is not possible, UnknownReference where there is no such case.
    """
    account_ids, status = _locked(session, objection_id)
    if status is None:
        raise UnknownReference()
    check_move(status, to)
    objection = model.objection
    session.execute(
        update(objection)
        .where(objection.c.id == objection_id)
        .values(case_status=to, closed_at=at if to in CLOSED else None)
    )
    _set_exclusion(session, objection_id, account_ids, exclusion_after(to))
    return len(account_ids)


def release(session: Connection, objection_id: str) -> int | None:
    """End the hold of a case that was refused or not matched; the number of accounts, or None where
    the case stands otherwise by now, as after an appeal.

    Whoever calls this has made sure that the person was told, or that the hold has expired.
    """
    account_ids, status = _locked(session, objection_id)
    if status not in ("refused", "not_matched"):
        return None
    _set_exclusion(session, objection_id, account_ids, "released")
    return len(account_ids)


def confirm(session: Connection, contact_id: str, at: datetime) -> list[str]:
    """Note that the e-mail address was confirmed, and let these objections stand for their accounts
    before any that are not verified; the ids of those for which this is new."""
    objection = model.objection
    of_contact = objection.c.contact_id == contact_id
    # Before their own rows, which `move` locks in the same order: accounts, then the case.
    lock_accounts_of(session, select(objection.c.id).where(of_contact))
    unverified = select(objection.c.id).where(of_contact, objection.c.verified_at.is_(None))
    ids = [str(row.id) for row in session.execute(unverified.order_by(objection.c.id))]
    if not ids:
        return []
    session.execute(update(objection).where(objection.c.id.in_(ids)).values(verified_at=at))
    _choose_active(session, accounts_of(session, ids))
    return ids


def active_ones(session: Connection, account_ids: Iterable[str]) -> dict[str, str]:
    """The active objection of each account that has one: account id to objection id."""
    covered = model.objection_account.c
    rows = session.execute(
        select(covered.account_id, covered.objection_id).where(
            covered.account_id.in_(list(account_ids)), covered.active
        )
    )
    return {str(row.account_id): str(row.objection_id) for row in rows}


def relate(session: Connection, objection_id: str, earlier: Iterable[str], at: datetime) -> None:
    """Note which objections covered an account of this one before it."""
    for earlier_id in sorted(set(earlier)):
        session.execute(
            insert(model.relation).values(
                id=model.new_id(),
                objection_id=objection_id,
                earlier_id=earlier_id,
                kind="same_account",
                created_at=at,
            )
        )


def lock_accounts(session: Connection, account_ids: Iterable[str]) -> None:
    """Hold these accounts' rows to the end of the transaction; SQLite has one writer anyway."""
    table = model.account.c
    session.execute(
        select(table.id)
        .where(table.id.in_(sorted(account_ids)))
        .order_by(table.id)
        .with_for_update()
    ).all()


def lock_accounts_of(session: Connection, objection_ids: Any) -> list[str]:
    """The same for the accounts of these objections, a list or a query of their ids; the ids of the
    accounts."""
    account_ids = accounts_of(session, objection_ids)
    lock_accounts(session, account_ids)
    return account_ids


def join(session: Connection, account_id: str, twin_id: str) -> None:
    """Let one row stand for an account that has two; what pointed at the twin points at it."""
    lock_accounts(session, [account_id, twin_id])
    covered, link, account = model.objection_account, model.center_link, model.account
    of_twin = covered.c.account_id == twin_id
    # First, for the index allows one active objection an account.
    session.execute(update(covered).where(of_twin).values(active=False))
    session.execute(update(covered).where(of_twin).values(account_id=account_id))
    session.execute(
        update(link).where(link.c.account_id == twin_id).values(account_id=account_id)
    )
    session.execute(delete(account).where(account.c.id == twin_id))
    _choose_active(session, [account_id])


def _locked(session: Connection, objection_id: str) -> tuple[list[str], str | None]:
    """The accounts of a case and how it stands, both held; None where there is no such case."""
    account_ids = lock_accounts_of(session, [objection_id])
    objection = model.objection.c
    status = session.execute(
        select(objection.case_status)
        .where(objection.id == objection_id)
        # Not the strongest lock: whoever wrote a row that names this case, such as a withdrawal,
        # and now waits for the accounts that we hold, would wait for us and we for them.
        .with_for_update(key_share=True)
    ).scalar_one_or_none()
    return account_ids, status


def accounts_of(session: Connection, objection_ids: Any) -> list[str]:
    """The ids of the accounts that these objections cover, a list or a query of their ids."""
    covered = model.objection_account.c
    rows = session.execute(
        select(covered.account_id).where(covered.objection_id.in_(objection_ids))
    )
    return sorted({str(row.account_id) for row in rows})


def _set_exclusion(
    session: Connection, objection_id: str, account_ids: list[str], state: str
) -> None:
    covered = model.objection_account
    values: dict[str, Any] = {"exclusion_state": state}
    if state not in STANDING:
        values["active"] = False
    session.execute(
        update(covered).where(covered.c.objection_id == objection_id).values(**values)
    )
    _choose_active(session, account_ids)


def _choose_active(session: Connection, account_ids: list[str]) -> None:
    """Let the right one of the standing objections of each account be the active one."""
    covered, objection = model.objection_account, model.objection
    for account_id in account_ids:
        best = session.execute(
            select(covered.c.id, covered.c.active)
            .join(objection, objection.c.id == covered.c.objection_id)
            .where(
                covered.c.account_id == account_id, covered.c.exclusion_state.in_(STANDING)
            )
            .order_by(
                objection.c.verified_at.is_(None), objection.c.received_at, objection.c.id
            )
            .limit(1)
        ).one_or_none()
        if best is None or best.active:
            continue
        # In two steps: the index allows one at a time, and it looks after each row.
        session.execute(
            update(covered)
            .where(covered.c.account_id == account_id, covered.c.active)
            .values(active=False)
        )
        session.execute(update(covered).where(covered.c.id == best.id).values(active=True))
