"""Which fields are sealed for one person, and the order in which a person's rows are locked.

Whoever erases a person, gives them a key or counts keys goes by this list, so that a new sealed
column is in all of them or in none; a test compares it with the tables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from bot.objections import cases, model
from bot.objections.crypto import Keys, Unreadable

__all__ = ["FIELDS", "lock", "of_person", "opens"]

# (table, column), as they stand in the identity of a sealed field.
FIELDS: tuple[tuple[Table, str], ...] = (
    (model.contact, "full_name"),
    (model.contact, "email"),
    (model.objection, "reason"),
    (model.objection_account, "handle"),
    (model.receipt, "content"),
    (model.decision, "text"),
    (model.verification, "new_email"),
)


def of_person(table: Table, contact_id: Any) -> Any:
    """The condition that a row of this table is this person's; `contact_id` may be a column."""
    if table is model.contact:
        return table.c.id == contact_id
    if "contact_id" in table.c:
        return table.c.contact_id == contact_id
    theirs = select(model.objection.c.id).where(model.objection.c.contact_id == contact_id)
    return table.c.objection_id.in_(theirs)


def lock(session: Connection, contact_id: str) -> Any:
    """Hold a person's rows to the end of the transaction; their row of `contact`, or None.

    In the order of everybody else: who checks a code goes on to the accounts and the cases, who
    moves a case goes on to the mail for the contact.
    """
    _hold(session, model.verification, contact_id)
    theirs = select(model.objection.c.id).where(of_person(model.objection, contact_id))
    cases.lock_accounts_of(session, theirs)
    _hold(session, model.objection, contact_id)
    person = select(model.contact).where(model.contact.c.id == contact_id).with_for_update()
    return session.execute(person).one_or_none()


def opens(session: Connection, keys: Keys) -> bool:
    """Whether these keys open what somebody told earlier; those of another database do not."""
    person = session.execute(select(model.contact).limit(1)).first()
    if person is None:
        return True
    try:
        sealer = keys.subject(person.wrapped_key, person.id)
        sealer.open(person.full_name, table="contact", row_id=person.id, column="full_name")
    except Unreadable:
        return False
    return True


def _hold(session: Connection, table: Table, contact_id: str) -> None:
    session.execute(
        select(table.c.id)
        .where(of_person(table, contact_id))
        .order_by(table.c.id)
        # Whoever wrote a row that names one of these may wait for the accounts that we hold.
        .with_for_update(key_share=True)
    ).all()
