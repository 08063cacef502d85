"""The record alone: nothing in clear, and nothing wrong shown when rows are exchanged."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.objections import model
from bot.objections.accounts import Account
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.errors import StorageError
from bot.objections.service import ObjectionService
from tests.leaks import dump, files, found
from tests.unit.objections.examples import ISSUER, filing
from tests.unit.objections.test_rotation import (
    KEY_1,
    KEY_2,
    NOW,
    as_before_subjects,
    rotated,
    rows,
    seal_more,
)

KEYS = Keys.parse(KEY_1)
TYPED = {
    "full_name": "Wilhelmina Quartzberg",
    "email": "wilhelmina@quartzberg-flora.example.org",
    "reason": "Xylophone virtuosos abstain: čeština, 日本語のテキスト.",
}
NAMED, LINKED, UNLINKED = (
    Account("instagram", "zinnia.marigold"),
    Account("facebook", "foxglove.harebell"),
    Account("instagram", "larkspur_daphne"),
)
VALUES = [*TYPED.values(), *(account.handle for account in (NAMED, LINKED, UNLINKED))]
MORE = ["new@example.org", "You are right."]


@pytest.fixture
def service(database: Database) -> ObjectionService:
    return ObjectionService(database, KEYS, ISSUER, clock=lambda: NOW)


def everything(database: Database) -> bytes:
    is_sqlite = database.engine.dialect.name == "sqlite"
    return dump(database) + (files(database) if is_sqlite else b"")


def file_hers(service: ObjectionService) -> list[str]:
    hers = filing(
        **TYPED, account=NAMED, linked_accounts=(LINKED,), unlinked_accounts=(UNLINKED,)
    )
    return [one.reference for one in service.file(hers).objections]


# --- nothing in clear


@pytest.mark.parametrize(
    "hide",
    [
        str.encode,
        lambda text: text.upper().encode(),
        lambda text: text[::-1].encode(),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode().hex().encode(),
        lambda text: b64encode(text.encode()),
        lambda text: b64encode(b'{"n": "' + text.encode()),
        lambda text: b64encode(b'{"na": "' + text.encode() + b'"}'),
    ],
)
def test_whoever_looks_finds_every_spelling(hide: Callable[[str], bytes]) -> None:
    for value in VALUES[:2] + VALUES[3:]:
        assert found([value], b"before " + hide(value) + b" after"), value
        assert found([value], b"something else, of nobody") == []


def test_the_whole_database_has_nothing_that_was_typed(
    service: ObjectionService, database: Database
) -> None:
    references = file_hers(service)
    contact = rows(database, model.contact)[0]
    seal_more(database, KEYS.subject(contact.wrapped_key, contact.id), contact.id)
    kept = everything(database)
    assert references[0].encode() in kept
    assert found([*VALUES, *MORE], kept) == []
    # Nor after everything else that happens to it.
    service.withdraw(references[:1], "chat")
    as_before_subjects(database, KEYS)
    assert found([*VALUES, *MORE], everything(database)) == []
    rotated(database, Keys.parse(f"{KEY_2},{KEY_1}"))
    assert found([*VALUES, *MORE], everything(database)) == []


# --- what was exchanged does not open


def exchange(database: Database, table: Any, column: str, one: Any, other: Any) -> None:
    """Let two rows have each other's value, as somebody could who writes to the database."""
    with database.session() as session:
        for row, value in ((one, other), (other, one)):
            session.execute(
                update(table)
                .where(table.c.id == row.id)
                .values({column: value._mapping[column]})
            )


@pytest.fixture
def two(service: ObjectionService) -> list[str]:
    """The numbers of two persons with one account each."""
    later = ObjectionService(
        service._database, KEYS, ISSUER, clock=lambda: NOW + timedelta(seconds=1)
    )
    mine = filing(full_name="Ana Silva", email="ana@example.org", account=NAMED)
    yours = filing(full_name="Ben Moor", email="ben@example.org", account=UNLINKED,
                   idempotency_key="ben")
    return [
        service.file(mine).objections[0].reference, later.file(yours).objections[0].reference
    ]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (model.contact, "wrapped_key"),
        (model.receipt, "content"),
        (model.objection_account, "handle"),
    ],
)
def test_what_two_persons_have_exchanged_is_shown_to_neither(
    service: ObjectionService, database: Database, two: list[str], table: Any, column: str
) -> None:
    exchange(database, table, column, *rows(database, table))
    shown = 0
    for number, key in zip(two, ("key-1", "ben"), strict=True):
        for read in (lambda n=number: service.receipt(n), lambda k=key: service.find(k)):
            try:
                read()
                shown += 1
            except StorageError as error:
                assert "Ana" not in str(error) and "Ben" not in str(error)
    # Whoever's rows are whole reads them: the handles with a changed receipt, and the other way.
    assert shown == (0 if table is model.contact else 2)
    with pytest.raises(StorageError):
        service.find("key-1") if column == "handle" else service.receipt(two[0])


@pytest.mark.parametrize(
    ("table", "column"), [(model.receipt, "content"), (model.objection_account, "handle")]
)
def test_nor_what_one_person_has_in_two_rows(
    service: ObjectionService, database: Database, table: Any, column: str
) -> None:
    first, second = file_hers(service)
    exchange(database, table, column, *rows(database, table)[:2])
    with pytest.raises(StorageError):
        service.find("key-1") if column == "handle" else (
            service.receipt(first), service.receipt(second)
        )


def test_a_case_that_was_moved_to_another_person_shows_neither(
    service: ObjectionService, database: Database, two: list[str]
) -> None:
    exchange(database, model.objection, "contact_id", *rows(database, model.objection))
    for number, key in zip(two, ("key-1", "ben"), strict=True):
        with pytest.raises(StorageError):
            service.receipt(number)
        with pytest.raises(StorageError):
            service.find(key)


def test_a_key_that_was_changed_opens_nothing_and_is_not_rotated(
    service: ObjectionService, database: Database, two: list[str]
) -> None:
    exchange(database, model.contact, "wrapped_key", *rows(database, model.contact))
    with database.session(read_only=True) as session:
        before = session.execute(select(model.contact).order_by(model.contact.c.id)).all()
    done = rotated(database, Keys.parse(f"{KEY_2},{KEY_1}"))
    assert done.unreadable == tuple(row.id for row in before)
    assert rows(database, model.contact) == before
