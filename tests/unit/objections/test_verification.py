"""Codes at work: confirming an address, coming back from elsewhere, another address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.objections import codes, model
from bot.objections.db import Database
from bot.objections.errors import CodeRefused, FieldError, UnknownReference
from bot.objections.references import new_reference
from bot.objections.verification import PER_DAY, Verification
from tests.unit.objections.examples import ANA, OLD, SHOP, filing
from tests.unit.objections.mailing import (
    KEYS,
    NOW,
    Clock,
    Post,
    body,
    postman,
    rows,
    service,
)

NOBODY = new_reference(lambda count: b"\x07" * count)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verification(database: Database, clock: Clock) -> Verification:
    return Verification(database, KEYS, clock=clock)


def file(database: Database, clock: Clock, **changes: Any) -> list[str]:
    filed = service(database, clock=clock).file(filing(**changes))
    return [one.reference for one in filed.objections]


def mailed(database: Database, verification_id: str, clock: Clock, code: str = "123456") -> str:
    """As the postman does when the mail goes out."""
    with database.session() as session:
        assert codes.renew(session, KEYS, verification_id, clock.now, new_code=lambda: code)
    return code


def contact_email(database: Database, index: int = 0) -> str:
    row = rows(database, model.contact)[index]
    sealer = KEYS.subject(row.wrapped_key, row.id)
    return sealer.open(row.email, table="contact", row_id=row.id, column="email")


def kinds(database: Database) -> list[str]:
    return sorted(row.kind for row in rows(database, model.outbox))


def test_the_code_of_a_filing_confirms_it_and_mails_the_receipts(
    database: Database, verification: Verification, clock: Clock
) -> None:
    numbers = file(database, clock, unlinked_accounts=(SHOP,))
    wanted = verification.awaited(numbers[0])
    assert wanted is not None and wanted == verification.awaited(numbers[1])
    opened = verification.enter(wanted, mailed(database, wanted, clock))
    assert opened.purpose == "confirm" and list(opened.references) == numbers
    assert all(row.verified_at == NOW for row in rows(database, model.objection))
    assert kinds(database) == ["code", "receipt", "receipt"]
    actions = [row.action for row in rows(database, model.audit_event)]
    assert actions == ["objection_filed"] * 2 + ["email_verified"] * 2
    assert verification.awaited(numbers[0]) is None


def test_a_helper_sends_copies_too(database: Database, clock: Clock) -> None:
    verification = Verification(database, KEYS, sends_copies=True, clock=clock)
    (number,) = file(database, clock)
    wanted = verification.awaited(number)
    assert wanted
    verification.enter(wanted, mailed(database, wanted, clock))
    assert kinds(database) == ["code", "letter_copy", "receipt"]


@pytest.mark.parametrize("wrong", ["000000", "12345", "", "123456 ", "ABCDEF"])
def test_a_wrong_code_opens_nothing_and_counts(
    database: Database, verification: Verification, clock: Clock, wrong: str
) -> None:
    (number,) = file(database, clock)
    wanted = verification.request(number)
    mailed(database, wanted, clock)
    with pytest.raises(CodeRefused):
        verification.enter(wanted, wrong)
    (row,) = [row for row in rows(database, model.verification) if row.id == wanted]
    assert row.attempts == 1 and row.used_at is None
    assert rows(database, model.objection)[0].verified_at is None


def test_coming_back_opens_the_sitting_and_confirms_the_address(
    database: Database, verification: Verification, clock: Clock
) -> None:
    numbers = file(database, clock, unlinked_accounts=(SHOP,))
    file(database, clock, idempotency_key="another", account=OLD)
    wanted = verification.request(numbers[1].lower())
    opened = verification.enter(wanted, mailed(database, wanted, clock))
    assert opened.purpose == "access" and list(opened.references) == numbers


def test_a_number_that_nobody_has_takes_the_same_steps(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)

    def steps(reference: str) -> list[str]:
        said: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            wanted = verification.request(reference)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        assert len(wanted) == 32
        return said

    clock.now += timedelta(hours=1)
    for_nobody, for_somebody, too_soon = steps(NOBODY), steps(number), steps(number)
    assert for_nobody == for_somebody == too_soon
    assert len(for_nobody) > 3
    # And what came back opens nothing, whatever is entered.
    decoys = [row for row in rows(database, model.verification) if row.contact_id is None]
    assert len(decoys) == 2
    with database.session() as session:
        codes.renew(session, KEYS, decoys[0].id, NOW, new_code=lambda: "123456")
    with pytest.raises(CodeRefused):
        verification.enter(decoys[0].id, "123456")


def test_an_unknown_id_is_refused_like_a_wrong_code(verification: Verification) -> None:
    with pytest.raises(CodeRefused):
        verification.enter("0" * 32, "123456")


async def test_within_a_minute_no_second_mail_goes_out_and_the_first_code_stays_good(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = verification.request(number)
    code = mailed(database, first, clock)
    clock.now += timedelta(seconds=59)
    assert verification.request(number) == first
    assert verification.resend(first) == first
    assert verification.enter(first, code).references == (number,)
    clock.now += timedelta(seconds=2)
    second = verification.request(number)
    assert second != first
    post = Post()
    await postman(database, post, clock=clock).deliver()
    # Of the filing and of the second request; the code of the first has been used by now.
    sent = [str(message["Subject"]) for message in post.sent]
    assert len([subject for subject in sent if "Your code" in subject]) == 2


async def test_so_many_codes_a_day_and_no_more(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    for _ in range(PER_DAY + 5):
        clock.now += timedelta(minutes=2)
        verification.request(number)
    post = Post()
    while await postman(database, post, clock=clock).deliver():
        pass
    assert len(post.sent) == PER_DAY
    clock.now += timedelta(days=1)
    verification.request(number)
    await postman(database, post, clock=clock).deliver()
    assert len(post.sent) == PER_DAY + 1


def test_a_new_code_is_for_the_same_purpose(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = verification.awaited(number)
    assert first
    clock.now += timedelta(minutes=2)
    second = verification.resend(first)
    assert second != first
    assert verification.enter(second, mailed(database, second, clock)).purpose == "confirm"


def test_another_address_counts_once_its_code_was_entered(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    wanted = verification.change_email(number, "ana.new@example.org")
    assert contact_email(database) == "ana@example.org"
    opened = verification.enter(wanted, mailed(database, wanted, clock))
    assert opened.purpose == "change" and opened.references == (number,)
    assert contact_email(database) == "ana.new@example.org"
    (row,) = rows(database, model.contact)
    assert row.email_index == KEYS.index("contact.email", "ana.new@example.org").digest
    assert rows(database, model.objection)[0].verified_at == NOW
    assert "address_changed" in kinds(database)


async def test_the_code_goes_to_the_new_address_and_a_new_one_too(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = verification.change_email(number, "ana.new@example.org")
    post = Post()
    await postman(database, post, clock=clock).deliver()
    clock.now += timedelta(minutes=2)
    assert verification.resend(first) != first
    await postman(database, post, clock=clock).deliver()
    assert [str(message["To"]) for message in post.sent] == [
        "ana@example.org", "ana.new@example.org", "ana.new@example.org",
    ]


async def test_the_old_address_is_told_and_nothing_personal_with_it(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    wanted = verification.change_email(number, "ana.new@example.org")
    verification.enter(wanted, mailed(database, wanted, clock))
    post = Post()
    await postman(database, post, clock=clock).deliver()
    (told,) = [m for m in post.sent if "was changed" in str(m["Subject"])]
    assert str(told["To"]) == "ana@example.org"
    assert number in body(told) and "ana.new" not in body(told) and "Silva" not in body(told)


def test_a_code_that_was_never_sent_takes_the_same_steps_as_a_wrong_one(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    real = verification.request(number)
    mailed(database, real, clock)
    seen = []
    nobodys = verification.request(NOBODY)
    for wanted in (real, nobodys):
        said: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)  # noqa: B023

        event.listen(database.engine, "before_cursor_execute", note)
        with pytest.raises(CodeRefused):
            verification.enter(wanted, "000000")
        event.remove(database.engine, "before_cursor_execute", note)
        seen.append(said)
    assert seen[0] == seen[1]
    # Both have written: what is written takes longer than what is only looked at.
    attempts = {row.id: row.attempts for row in rows(database, model.verification)}
    assert attempts[real] == attempts[nobodys] == 1


def test_a_name_is_corrected_and_the_receipt_stays_as_it_was(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    receipt = service(database).receipt(number).file()
    assert verification.change_name(number, "anna silva") == "Anna Silva"
    (row,) = rows(database, model.contact)
    sealer = KEYS.subject(row.wrapped_key, row.id)
    place = {"table": "contact", "row_id": row.id, "column": "full_name"}
    assert sealer.open(row.full_name, **place) == "Anna Silva"
    assert service(database).receipt(number).file() == receipt
    with pytest.raises(FieldError):
        verification.change_name(number, "12345")
    with pytest.raises(FieldError):
        verification.change_email(number, "no address")
    with pytest.raises(UnknownReference):
        verification.change_name(NOBODY, "Ana Silva")


def test_whoever_had_objected_before_is_told_so_and_nobody_else(
    database: Database, verification: Verification, clock: Clock
) -> None:
    def confirm(number: str) -> Any:
        wanted = verification.awaited(number)
        assert wanted
        return verification.enter(wanted, mailed(database, wanted, clock))

    (first,) = file(database, clock)
    assert confirm(first).earlier == ()
    clock.now += timedelta(days=3)
    (again,) = file(database, clock, idempotency_key="again", account=ANA)
    opened = confirm(again)
    (earlier,) = opened.earlier
    assert (earlier.reference, earlier.received_at) == (first, NOW)
    assert opened.references == (first, again)
    (stranger,) = file(database, clock, idempotency_key="eve", email="eve@example.org")
    opened = confirm(stranger)
    assert opened.earlier == () and opened.references == (stranger,)
