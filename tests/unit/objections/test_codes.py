"""Codes: right once, for ten minutes, for five attempts, and stored nowhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from bot.objections import codes, model, outbox
from bot.objections.crypto import Keys
from bot.objections.db import Database

KEYS = Keys([("k1", bytes(32))])
NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)


@pytest.fixture
def row(database: Database) -> str:
    with database.session() as session:
        return outbox.put_code(session, "access", NOW, None)


def sent(database: Database, row: str, code: str = "123456", at: datetime = NOW) -> str | None:
    with database.session() as session:
        return codes.renew(session, KEYS, row, at, new_code=lambda: code)


def checked(database: Database, row: str, code: str, at: datetime = NOW) -> bool:
    with database.session() as session:
        return codes.check(session, KEYS, row, code, at)


def test_a_code_is_right_once(database: Database, row: str) -> None:
    assert not checked(database, row, "123456")  # not sent yet
    assert sent(database, row) == "123456"
    assert not checked(database, row, "123457")
    assert checked(database, row, "123456")
    assert not checked(database, row, "123456")
    assert sent(database, row) is None


def test_after_ten_minutes_it_is_right_no_longer(database: Database, row: str) -> None:
    sent(database, row)
    assert not checked(database, row, "123456", NOW + codes.LIFETIME)
    assert checked(database, row, "123456", NOW + codes.LIFETIME - timedelta(seconds=1))


def test_five_attempts_and_no_more(database: Database, row: str) -> None:
    sent(database, row)
    for _ in range(codes.ATTEMPTS_MAX):
        assert not checked(database, row, "000000")
    assert not checked(database, row, "123456")
    assert sent(database, row) is None


def test_a_new_code_ends_the_one_before(database: Database, row: str) -> None:
    sent(database, row, "111111")
    sent(database, row, "222222")
    assert not checked(database, row, "111111")
    assert checked(database, row, "222222")


def test_of_many_at_once_exactly_one_is_right(database: Database, row: str) -> None:
    sent(database, row)
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda _: checked(database, row, "123456"), range(8)))
    assert answers.count(True) == 1


def test_the_code_of_another_row_is_wrong_and_none_is_stored(database: Database, row: str) -> None:
    with database.session() as session:
        other = outbox.put_code(session, "access", NOW, None)
    sent(database, row, "111111")
    sent(database, other, "222222")
    assert not checked(database, row, "222222")
    with database.session() as session:
        kept = session.execute(select(model.verification)).all()
    assert not any("111111" in str(value) for one in kept for value in one)


def test_codes_are_random_and_have_six_digits(database: Database, row: str) -> None:
    made = set()
    for _ in range(20):
        with database.session() as session:
            made.add(codes.renew(session, KEYS, row, NOW))
    assert len(made) > 15
    assert all(code and len(code) == 6 and code.isdigit() for code in made)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("its 123 456 i think", "123456"),
        ("code: 012-345.", "012345"),
        ("1234567", None),
        ("12345", None),
        ("123456 or 654321", None),
        ("no idea", None),
    ],
)
def test_a_code_is_found_in_a_sentence(text: str, code: str | None) -> None:
    assert codes.find_code(text) == code
