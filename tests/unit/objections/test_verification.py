"""Codes at work: confirming an address, coming back from elsewhere, another address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.objections import codes, model
from bot.objections.asking import PER_DAY, PER_MAILBOX, Asker
from bot.objections.db import Database
from bot.objections.errors import CodeNotSent, CodeRefused, FieldError, UnknownReference
from bot.objections.references import new_reference
from bot.objections.verification import Verification
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


def asker(number: int) -> Asker:
    """Somebody in a conversation and at an address of their own."""
    return Asker(f"conversation {number}", f"address {number}")


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


def code_of(verification: Verification, number: str) -> str:
    """The id of the code that confirms what was just filed."""
    awaited = verification.awaited(number)
    assert awaited is not None
    return awaited.id


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
    awaited = verification.awaited(numbers[0])
    assert awaited is not None and awaited == verification.awaited(numbers[1])
    assert (awaited.is_new, awaited.problem) == (True, None)
    wanted = awaited.id
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
    wanted = code_of(verification, number)
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

    def steps(reference: str, asker: Asker) -> list[str]:
        said: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            wanted = verification.request(reference, asker)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        assert len(wanted) == 32
        return said

    clock.now += timedelta(hours=1)
    for_nobody, for_somebody = steps(NOBODY, asker(1)), steps(number, asker(2))
    # Until the mailbox has all that it may get: that is told to nobody who only has the number.
    for one in range(3, PER_MAILBOX + 1):
        verification.request(number, asker(one))
    too_many = steps(number, asker(0))
    assert for_nobody == for_somebody == too_many
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


def test_a_caller_who_asks_too_often_is_told_so_whether_the_number_exists_or_not(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    said = []
    for place, reference in enumerate((number, NOBODY)):
        told: list[str] = []
        for pause in [timedelta(0), *[timedelta(minutes=2)] * PER_DAY]:
            clock.now += pause
            try:
                verification.request(reference, Asker(f"conversation {place}", "203.0.113.1"))
                told.append("asked")
            except CodeNotSent as error:
                told.append(error.sentence)
        said.append(told)
        verification.request(reference, Asker(f"another {place}"))
        with pytest.raises(CodeNotSent, match="code_limit_minute"):
            verification.request(reference, Asker(f"another {place}"))
        clock.now += timedelta(days=1)
    assert said[0] == said[1]
    assert said[0][:PER_DAY] == ["asked"] * PER_DAY and "many were asked for" in said[0][-1]


async def test_within_a_minute_no_second_mail_goes_out_and_the_first_code_stays_good(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = verification.request(number, asker(1))
    code = mailed(database, first, clock)
    clock.now += timedelta(seconds=59)
    with pytest.raises(CodeNotSent) as error:
        verification.request(number, asker(1))
    assert error.value.wait_s == 1
    assert verification.enter(first, code).references == (number,)
    clock.now += timedelta(seconds=2)
    assert verification.request(number, asker(1)) != first
    post = Post()
    await postman(database, post, clock=clock).deliver()
    # Of the filing and of the second request; the code of the first has been used by now.
    sent = [str(message["Subject"]) for message in post.sent]
    assert len([subject for subject in sent if "Your code" in subject]) == 2


def test_a_change_of_address_obeys_the_minute_too(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = verification.change_email(number, "one@example.org", asker(1))
    for email in ("one@example.org", "another@example.org"):
        with pytest.raises(CodeNotSent):
            verification.change_email(number, email, asker(1))
    with pytest.raises(CodeNotSent):
        verification.change_again(number, first, asker(1))
    assert len(rows(database, model.verification)) == 2
    clock.now += timedelta(seconds=61)
    assert verification.change_again(number, first, asker(1)) != first


def test_the_wrong_tries_of_a_stranger_do_not_burn_the_code_of_the_person(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    clock.now += timedelta(hours=1)
    hers = verification.request(number, asker(1))
    code = mailed(database, hers, clock)
    for strangers in (verification.request(number, asker(n)) for n in range(2, 5)):
        assert strangers != hers
        for _ in range(codes.ATTEMPTS_MAX):
            with pytest.raises(CodeRefused):
                verification.enter(strangers, "000000")
            with pytest.raises(CodeRefused):
                verification.enter(strangers, code)
    assert verification.enter(hers, code).references == (number,)


def test_a_stranger_does_not_use_up_what_the_person_may_ask_for(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    stranger = Asker("stranger", "203.0.113.66")
    for _ in range(PER_DAY):
        clock.now += timedelta(minutes=2)
        verification.request(number, stranger)
    with pytest.raises(CodeNotSent):
        verification.request(number, stranger)
    # Nor in new conversations from there: one address gets a share of what the mailbox may get.
    for one in range(PER_MAILBOX):
        clock.now += timedelta(minutes=6)
        verification.request(number, Asker(f"stranger {one}", "203.0.113.66"))
    sent = [row for row in rows(database, model.verification) if row.sent_to]
    assert len(sent) == PER_DAY + 1
    hers = verification.request(number, asker(1))
    assert verification.enter(hers, mailed(database, hers, clock)).references == (number,)


def test_who_knows_an_address_alone_locks_nobody_out_who_has_confirmed_theirs(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = code_of(verification, number)
    verification.enter(first, mailed(database, first, clock))
    # Strangers from everywhere have filed until nothing more goes to the address.
    for one in range(PER_MAILBOX + 5):
        eve = filing(idempotency_key=f"eve-{one}", account=OLD)
        service(database, clock=clock).file(eve, asker(one))
    mails = [row for row in rows(database, model.verification) if row.sent_to]
    assert len(mails) == PER_MAILBOX
    hers = verification.request(number, asker(1000))
    assert verification.enter(hers, mailed(database, hers, clock)).references == (number,)


def test_a_code_opens_nothing_that_was_filed_elsewhere(
    database: Database, verification: Verification, clock: Clock
) -> None:
    """A stranger files for the victim's account with the victim's address, and guesses a code."""
    (hers,) = file(database, clock)
    wanted = code_of(verification, hers)
    verification.enter(wanted, mailed(database, wanted, clock))
    (strangers,) = file(database, clock, idempotency_key="eve", account=ANA)
    guessed = code_of(verification, strangers)
    opened = verification.enter(guessed, mailed(database, guessed, clock))
    assert opened.references == (strangers,)
    (another,) = file(database, clock, idempotency_key="2", account=ANA, email="eve@example.org")
    guessed = verification.change_email(another, "ana@example.org")
    opened = verification.enter(guessed, mailed(database, guessed, clock))
    assert opened.references == (another,)


async def test_who_had_objected_before_reads_so_in_the_mail_with_the_receipt(
    database: Database, verification: Verification, clock: Clock
) -> None:
    async def receipt(**changes: Any) -> tuple[str, str]:
        (number,) = file(database, clock, **changes)
        wanted = code_of(verification, number)
        verification.enter(wanted, mailed(database, wanted, clock))
        post = Post()
        await postman(database, post, clock=clock).deliver()
        (mail,) = [m for m in post.sent if "receipt" in str(m["Subject"])]
        return number, body(mail)

    first, said = await receipt()
    assert "already objected" not in said
    clock.now += timedelta(days=3)
    _, said = await receipt(idempotency_key="again", account=ANA)
    assert "already objected for an account in it on 25 November 2024" in said and first in said
    _, said = await receipt(idempotency_key="eve", account=ANA, email="eve@example.org")
    assert "already objected" not in said and first not in said


def test_a_new_code_is_for_the_same_purpose(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = code_of(verification, number)
    clock.now += timedelta(minutes=2)
    second = verification.confirm(number, asker(1))
    assert second != first
    assert verification.enter(second, mailed(database, second, clock)).purpose == "confirm"


def test_what_is_filed_next_in_a_sitting_is_confirmed_by_a_code_that_is_good(
    database: Database, verification: Verification, clock: Clock
) -> None:
    def next_one(key: str, **changes: Any) -> str:
        one = filing(idempotency_key=key, sitting=(first,), **changes)
        return service(database, clock=clock).file(one, asker(1)).objections[0].reference

    service(database, clock=clock).file(filing(), asker(1))
    first = rows(database, model.objection)[0].reference
    sent = code_of(verification, first)
    mailed(database, sent, clock)
    clock.now += timedelta(seconds=30)
    awaited = verification.awaited(next_one("second", account=OLD), asker(1))
    assert awaited is not None
    assert (awaited.id, awaited.is_new, awaited.problem) == (sent, False, None)
    clock.now += timedelta(hours=1)
    awaited = verification.awaited(next_one("third", account=SHOP), asker(1))
    assert awaited is not None and awaited.id != sent and awaited.is_new


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
    # The old one was never confirmed, so it may be anybody's.
    assert "address_changed" not in kinds(database)


async def test_the_code_goes_to_the_new_address_and_a_new_one_too(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = verification.change_email(number, "ana.new@example.org")
    post = Post()
    await postman(database, post, clock=clock).deliver()
    clock.now += timedelta(minutes=2)
    assert verification.change_again(number, first) != first
    await postman(database, post, clock=clock).deliver()
    assert [str(message["To"]) for message in post.sent] == [
        "ana@example.org", "ana.new@example.org", "ana.new@example.org",
    ]


async def test_the_old_address_is_told_and_nothing_personal_with_it(
    database: Database, verification: Verification, clock: Clock
) -> None:
    (number,) = file(database, clock)
    first = code_of(verification, number)
    verification.enter(first, mailed(database, first, clock))
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
