"""Key rotation: bringing everything under the configured key that stands first.

In small transactions, while people file, so that nobody waits long. What is to be done is read from
the rows themselves: a rotation that was stopped in the middle goes on where it was when it is
started again, and one that has nothing left to do writes nothing.

Every process has to have the new key before any of them seals with it. Two that seal with different
keys can each make a row for one account, because neither sees what the other has not committed;
rotating joins such rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, func, or_, select, update
from sqlalchemy.engine import Connection

from bot.objections import audit, cases, model, sealed
from bot.objections.accounts import Account
from bot.objections.crypto import DIRECT, BlindIndex, Keys, Sealer, Unreadable
from bot.objections.db import Database
from bot.objections.errors import StorageError

__all__ = ["Rotated", "UnderKey", "rotate", "status"]

# Rows in one transaction: a few hundredths of a second.
_BATCH = 50
_ATTEMPTS = 3


@dataclass(frozen=True)
class UnderKey:
    """How many rows need a key, by what they need it for."""

    key_id: str
    configured: bool
    current: bool
    subjects: int  # keys of persons that are sealed under it
    fields: int  # personal fields sealed directly, of rows from before persons had keys
    emails: int  # keyed hashes of e-mail addresses
    accounts: int  # keyed hashes of accounts
    displays: int  # keyed hashes of conversations to which the notice was shown

    @property
    def needed(self) -> bool:
        """Whether something would be lost without it, beside `displays`."""
        return bool(self.subjects or self.fields or self.emails or self.accounts)


@dataclass(frozen=True)
class Rotated:
    """What one run of `rotate` did. `unreadable` has ids of rows of `contact`."""

    contacts: int
    accounts: int
    joined: int
    unreadable: tuple[str, ...]
    keys: tuple[UnderKey, ...]


def status(database: Database, keys: Keys) -> tuple[UnderKey, ...]:
    """The rows under each key: the configured ones in their order, then others by their id.

    Raises StorageError when the record cannot be read.
    """
    counted: dict[str, dict[str, int]] = {key_id: {} for key_id in keys.ids}

    def add(kind: str, key_id: str, number: int) -> None:
        of_key = counted.setdefault(key_id, {})
        of_key[kind] = of_key.get(kind, 0) + number

    with database.session(read_only=True) as session:
        for key_id, number in _by_header(session, model.contact.c.wrapped_key):
            add("subjects", key_id, number)
        for table, column in sealed.FIELDS:
            for key_id, number in _by_header(session, table.c[column]):
                add("fields", key_id, number)
        for kind, key in (
            ("emails", model.contact.c.email_key_id),
            ("accounts", model.account.c.handle_key_id),
            ("displays", model.notice_display.c.conversation_key_id),
        ):
            for key_id, number in session.execute(select(key, func.count()).group_by(key)):
                add(kind, key_id, number)
    others = sorted(counted.keys() - set(keys.ids))
    kinds = ("subjects", "fields", "emails", "accounts", "displays")
    return tuple(
        UnderKey(
            key_id,
            key_id in keys.ids,
            key_id == keys.current_id,
            **{kind: counted[key_id].get(kind, 0) for kind in kinds},
        )
        for key_id in (*keys.ids, *others)
    )


def rotate(database: Database, keys: Keys, clock: Callable[[], datetime]) -> Rotated:
    """Bring every row under the current key that can be; the others are in `keys` of the answer.

    Raises StorageError when the record cannot be read or written. What was done before is kept.
    """
    run = _Run(database, keys)
    run.contacts_()
    run.accounts_()
    if run.contacts or run.accounts:
        with database.session() as session:
            audit.append(
                session,
                at=clock(),
                actor="system",
                action="keys_rotated",
                objection_id=None,
                # The log takes no longer number: it could be somebody's telephone.
                payload={"contacts": min(run.contacts, audit.COUNT_MAX), "key_id": keys.current_id},
            )
    return Rotated(
        run.contacts,
        run.accounts,
        run.joined,
        tuple(sorted(run.unreadable)),
        status(database, keys),
    )


@dataclass
class _Run:
    database: Database
    keys: Keys
    contacts: int = 0
    accounts: int = 0
    joined: int = 0
    unreadable: set[str] = field(default_factory=set)

    # --- persons

    def contacts_(self) -> None:
        contact = model.contact.c
        outdated = [
            contact.wrapped_key.is_not(None),
            or_(
                _head(contact.wrapped_key, len(self.keys.header)) != self.keys.header,
                contact.email_key_id != self.keys.current_id,
            ),
        ]
        for ids in self._batches(model.contact, outdated):
            self.contacts += self._together(ids, self._rewrap)
        # Those without a key, and those with fields from before it: written by a process that had
        # looked just before they got one.
        direct = [
            sealed.of_person(table, contact.id) & (_head(table.c[column], 1) == DIRECT)
            for table, column in sealed.FIELDS
            if table is not model.contact
        ]
        keyless = or_(
            contact.wrapped_key.is_(None),
            _head(contact.full_name, 1) == DIRECT,
            _head(contact.email, 1) == DIRECT,
            *(select(1).where(one).exists() for one in direct),
        )
        for ids in self._batches(model.contact, [keyless]):
            # One by one, because each of them locks rows that others may hold.
            for one in ids:
                self.contacts += self._alone(one, self._reseal)

    def _rewrap(self, session: Connection, contact_id: str) -> int:
        """Seal the key of one person anew, and hash their address anew."""
        table = model.contact
        row = session.execute(
            # They may file on meanwhile: rows that point here are not kept waiting.
            select(table).where(table.c.id == contact_id).with_for_update(key_share=True)
        ).one_or_none()
        if row is None or self._is_current(row):
            return 0
        try:
            sealer = self.keys.subject(row.wrapped_key, contact_id)
            values = {
                "wrapped_key": self.keys.rewrapped(row.wrapped_key, contact_id),
                **self._email_index(row, sealer),
            }
        except Unreadable:
            self.unreadable.add(contact_id)
            return 0
        session.execute(update(table).where(table.c.id == contact_id).values(**values))
        return 1

    def _is_current(self, row: Any) -> bool:
        wrapped = bytes(row.wrapped_key)
        return wrapped.startswith(self.keys.header) and row.email_key_id == self.keys.current_id

    def _reseal(self, session: Connection, contact_id: str) -> int:
        """Give one person a key unless they have one, and seal under it what is not yet."""
        row = sealed.lock(session, contact_id)
        if row is None:
            return 0
        try:
            values: dict[str, Any] = {}
            theirs: Sealer
            if row.wrapped_key is None:
                theirs, values["wrapped_key"] = self.keys.new_subject(contact_id)
                values.update(self._email_index(row, self.keys))
            else:
                theirs = self.keys.subject(row.wrapped_key, contact_id)
            changed = self._resealed(session, contact_id, theirs)
        except Unreadable:
            self.unreadable.add(contact_id)
            return 0
        for table, row_id, column, value in changed:
            session.execute(update(table).where(table.c.id == row_id).values({column: value}))
        if values:
            table = model.contact
            session.execute(update(table).where(table.c.id == contact_id).values(**values))
        return int(bool(values or changed))

    def _resealed(
        self, session: Connection, contact_id: str, theirs: Sealer
    ) -> list[tuple[Any, str, str, bytes]]:
        changed = []
        for table, column in sealed.FIELDS:
            rows = session.execute(
                select(table.c.id, table.c[column].label("value")).where(
                    sealed.of_person(table, contact_id), _head(table.c[column], 1) == DIRECT
                )
            )
            for row in rows:
                place = {"table": table.name, "row_id": row.id, "column": column}
                text = self.keys.open(row.value, **place)
                changed.append((table, row.id, column, theirs.seal(text, **place)))
        return changed

    def _email_index(self, row: Any, sealer: Sealer) -> dict[str, str]:
        email = sealer.open(row.email, table="contact", row_id=row.id, column="email")
        index = self.keys.index("contact.email", email)
        return {"email_index": index.digest, "email_key_id": index.key_id}

    # --- accounts

    def accounts_(self) -> None:
        account = model.account.c
        for ids in self._batches(model.account, [account.handle_key_id != self.keys.current_id]):
            twins: set[str] = set()

            def reindex(session: Connection, one: str, twins: set[str] = twins) -> int:
                return self._reindex(session, one, twins)

            self.accounts += self._together(ids, reindex)
            for one in sorted(twins):
                done = self._alone(one, self._join)
                self.accounts += done
                self.joined += done

    def _reindex(self, session: Connection, account_id: str, twins: set[str]) -> int:
        """Hash one account anew, from a handle under which somebody named it."""
        cases.lock_accounts(session, [account_id])
        table = model.account
        row = session.execute(select(table).where(table.c.id == account_id)).one_or_none()
        if row is None or row.handle_key_id == self.keys.current_id:
            return 0
        index = self._fresh_index(session, row)
        if index is None:
            return 0
        if self._twin(session, row.platform, index) is not None:
            twins.add(account_id)
            return 0
        self._set_index(session, account_id, index)
        return 1

    def _join(self, session: Connection, account_id: str) -> int:
        """The same for an account that has a second row, under the current key: the older stays."""
        table = model.account
        row = session.execute(select(table).where(table.c.id == account_id)).one_or_none()
        if row is None:
            return 0
        index = self._fresh_index(session, row)
        if index is None:
            return 0
        twin = self._twin(session, row.platform, index)
        if twin is None:
            return 0
        # As filings choose between them.
        older, younger = sorted((row, twin), key=lambda one: (one.created_at, one.id))
        cases.join(session, older.id, younger.id)
        self._set_index(session, older.id, index)
        return 1

    def _fresh_index(self, session: Connection, row: Any) -> BlindIndex | None:
        """The hash under the current key; None where nobody names the account any more."""
        covered, contact = model.objection_account.c, model.contact.c
        named = session.execute(
            select(covered.id, covered.handle, contact.id.label("contact_id"), contact.wrapped_key)
            .join(model.objection, model.objection.c.id == covered.objection_id)
            .join(model.contact, contact.id == model.objection.c.contact_id)
            .where(covered.account_id == row.id, covered.handle.is_not(None))
            .order_by(covered.id)
        )
        stored = BlindIndex(row.handle_key_id, row.handle_index)
        for one in named:
            try:
                sealer = self.keys.subject(one.wrapped_key, one.contact_id)
                place = {"table": "objection_account", "row_id": one.id, "column": "handle"}
                key = Account(row.platform, sealer.open(one.handle, **place)).key
            except Unreadable:
                self.unreadable.add(one.contact_id)
                continue
            # Not by a handle that was moved here from another account.
            if stored in self.keys.indexes("account", *key):
                return self.keys.index("account", *key)
        return None

    def _twin(self, session: Connection, platform: str, index: BlindIndex) -> Any:
        table = model.account
        return session.execute(
            select(table).where(
                table.c.platform == platform,
                table.c.handle_index == index.digest,
                table.c.handle_key_id == index.key_id,
            )
        ).one_or_none()

    def _set_index(self, session: Connection, account_id: str, index: BlindIndex) -> None:
        table = model.account
        session.execute(
            update(table)
            .where(table.c.id == account_id)
            .values(handle_index=index.digest, handle_key_id=index.key_id)
        )

    # --- in small transactions

    def _batches(self, table: Any, conditions: list[Any]) -> Iterable[list[str]]:
        """The ids of rows that meet the conditions; each once, also if it goes on meeting them."""
        last = ""
        while True:
            with self.database.session(read_only=True) as session:
                rows = session.execute(
                    select(table.c.id)
                    .where(table.c.id > last, *conditions)
                    .order_by(table.c.id)
                    .limit(_BATCH)
                ).all()
            if not rows:
                return
            last = rows[-1].id
            yield [row.id for row in rows]

    def _together(self, ids: list[str], work: Callable[[Connection, str], int]) -> int:
        try:
            with self.database.session() as session:
                return sum(work(session, one) for one in ids)
        except StorageError:
            # One of them collided with somebody.
            return sum(self._alone(one, work) for one in ids)

    def _alone(self, one: str, work: Callable[[Connection, str], int]) -> int:
        for attempt in range(_ATTEMPTS):
            try:
                with self.database.session() as session:
                    return work(session, one)
            except StorageError:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError


def _head(column: Any, length: int) -> Any:
    """The first bytes of a sealed field."""
    return func.substr(column, 1, length, type_=LargeBinary)


def _by_header(session: Connection, column: Any) -> list[tuple[str, int]]:
    """How many fields of a column each configured key seals: (key id, number)."""
    start = _head(column, 2)
    starts = session.execute(select(start).where(_head(column, 1) == DIRECT).distinct())
    counted = []
    for (begin,) in starts.all():
        # The second byte is the length of the key's id.
        header = _head(column, 2 + bytes(begin)[1])
        rows = session.execute(
            select(header, func.count()).where(start == bytes(begin)).group_by(header)
        )
        counted += [(bytes(h)[2:].decode("ascii", "replace"), number) for h, number in rows]
    return counted
