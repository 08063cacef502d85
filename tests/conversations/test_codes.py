"""Somebody confirms their address, comes back from elsewhere, changes details, goes on filing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bot.app import Application
from bot.objections import model as tables
from tests.conversations.conftest import Person
from tests.conversations.steps import ANSWERS, PERSONAL, REFERENCE, files

pytestmark = pytest.mark.slow

Mailed = Callable[[], str]
Rows = Callable[[str], int]


def kinds(application: Application) -> list[str]:
    with application.database.session(read_only=True) as session:
        return list(session.execute(sa.select(tables.outbox.c.kind)).scalars())


def email_of(application: Application, reference: str) -> str:
    contact, objection = tables.contact, tables.objection
    with application.database.session(read_only=True) as session:
        row = session.execute(
            sa.select(contact)
            .join(objection, objection.c.contact_id == contact.c.id)
            .where(objection.c.reference == reference)
        ).one()
    sealer = application.keys.subject(row.wrapped_key, row.id)
    return sealer.open(row.email, table="contact", row_id=row.id, column="email")


def test_the_code_confirms_the_address_and_sends_the_receipts(
    person: Person, application: Application, mailed: Mailed, stored: Callable[[Person], str]
) -> None:
    files(person)
    assert person.asked == "verification_code"
    assert "on record without it" in person.last[-1].text
    code, before = mailed(), kinds(application).count("receipt")
    assert "confirmed" in person.says(f"its {code[:3]} {code[3:]} i think")
    assert kinds(application).count("receipt") == before + 2
    assert f"{code[:3]} {code[3:]}" not in stored(person)


def test_nothing_waits_for_the_code(person: Person, mailed: Mailed) -> None:
    files(person)
    code = mailed()
    for text, topic in (
        ("no thx", "deny"),
        ("what happens next?", "faq/after_objecting"),
        ("do u use my privat mesages", "faq/data_excluded"),
    ):
        person.says(text)
        assert person.topics[0] == topic
    assert "confirmed" in person.says(code)


@pytest.mark.parametrize("words", ["didnt get any code", "send agian", "Send a new code"])
def test_another_code_can_be_asked_for_and_that_it_is_too_soon_is_said(
    person: Person, mailed: Mailed, words: str
) -> None:
    files(person)
    said = person.says(words)
    assert "less than a minute ago" in said and "I have sent" not in said
    assert person.asked == "verification_code"
    assert "confirmed" in person.says(mailed())


def test_a_wrong_code_is_refused_and_the_right_one_still_taken(
    person: Person, mailed: Mailed
) -> None:
    files(person)
    code = mailed()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert "not right" in person.says(wrong)
    assert "confirmed" in person.says(code)


def test_six_digits_mean_nothing_where_no_code_is_awaited(person: Person) -> None:
    person.says("123456")
    assert person.asked is None and "code" not in person.last[0].text


def test_taking_back_from_elsewhere_needs_a_code_and_one_yes(
    person: Person, other: Person, mailed: Mailed, rows: Rows
) -> None:
    before = rows("withdrawal")
    linked, _ = files(person)
    assert "begins with OBJ" in other.says("I want to take my objection back")
    assert "If there is an objection" in other.says(f"its {linked}")
    asked = other.says(mailed())
    assert linked in asked and other.offered == ["Yes, take it back"]
    assert rows("withdrawal") == before
    assert "does not count any more" in other.says("yes")
    assert rows("withdrawal") == before + 1


def test_the_button_under_the_state_takes_back_as_well(
    person: Person, other: Person, mailed: Mailed
) -> None:
    linked, _ = files(person)
    other.says(f"status of {linked}")
    other.says(mailed())
    assert linked in other.presses("Take it back")
    assert "does not count any more" in other.presses("Yes, take it back")


def test_another_address_counts_once_it_is_confirmed_and_is_not_kept_in_the_chat(
    person: Person, application: Application, mailed: Mailed, stored: Callable[[Person], str]
) -> None:
    linked, _ = files(person)
    person.says("i want to chnage my email")
    assert person.asked == "email"
    person.says("ana.neu@example.org")
    assert person.asked == "verification_code"
    assert email_of(application, linked) == "ana@example.org"
    assert "taken the place" in person.says(mailed())
    assert email_of(application, linked) == "ana.neu@example.org"
    assert "ana.neu" not in stored(person)


def test_a_name_is_corrected(
    person: Person, stored: Callable[[Person], str], rows: Rows
) -> None:
    files(person)
    person.says("my name is spelled wrong")
    assert person.asked == "full_name"
    assert "corrected" in person.says("Anna Sylva")
    assert "Sylva" not in stored(person)


def test_a_second_account_is_filed_without_typing_anything_twice(
    person: Person, rows: Rows, stored: Callable[[Person], str]
) -> None:
    first = files(person, unlinked_accounts="none")
    contacts = rows("contact")
    said = person.presses("Object for another account")
    assert "need not type them again" in said
    assert person.asked == "account"
    person.says("facebook lund.flowers")
    assert person.asked == "linked_accounts"
    person.says("no")
    person.says("no")
    assert person.asked == "objection_confirmed"
    summary = person.last[-1].text
    assert ANSWERS["full_name"] in summary and ANSWERS["email"] in summary
    assert ANSWERS["reason"] in summary and "Ireland" in summary
    (second,) = REFERENCE.findall(person.says("yes"))
    assert second not in first
    assert rows("contact") == contacts
    assert not [words for words in (*PERSONAL, "lund.flowers") if words in stored(person)]


def test_after_a_confirmed_code_no_other_is_said_to_be_sent(
    person: Person, application: Application, mailed: Mailed
) -> None:
    files(person, unlinked_accounts="none")
    person.says(mailed())
    before = kinds(application)
    for text in ("object again", "facebook lund.third", "no", "no"):
        person.says(text)
    assert "recorded" in person.says("yes")
    assert person.asked is None and "code" not in person.last[-1].text
    assert kinds(application)[len(before):].count("receipt") == 1
    assert "not confirmed" not in person.says("status of my objection")


def test_the_same_account_again_gets_its_receipt_again(person: Person, rows: Rows) -> None:
    (first,) = files(person, unlinked_accounts="none", linked_accounts="no")
    before = rows("objection")
    person.says("I want to object")
    person.says(ANSWERS["account"])
    person.says("no")
    person.says("no")
    said = person.says("yes")
    assert "objected already" in said and first in said
    assert person.last[0].download is not None
    assert rows("objection") == before


def test_an_objection_is_begun_in_any_words_and_the_notice_is_named(
    person: Person, rows: Rows
) -> None:
    before = rows("notice_display")
    said = person.says("you can't have my photos")
    assert person.asked == "full_name"
    assert "2024-10-09" in said
    assert rows("notice_display") == before + 1


@pytest.mark.parametrize("words", ["I withdraw my consent", "i dont consent to this"])
def test_mislabelled_words_begin_a_filing_too(person: Person, words: str) -> None:
    person.says(words)
    assert person.asked == "full_name"
