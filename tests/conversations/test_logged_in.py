"""Somebody whom the page knows need not tell again what it knows, and has the last word on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.app import Application
from bot.runtime.identity import Identity
from bot.runtime.redaction import REMOVED
from tests.conversations.conftest import Person
from tests.conversations.steps import REFERENCE

pytestmark = pytest.mark.slow

ANA = Identity("ana silva", "Ana@Example.ORG", "https://www.instagram.com/ana.lund/")
NO_MORE = ("no others", "no others", "skip")


def progress(person: Person) -> tuple[int, int]:
    """Which step of how many the last message is."""
    told = person.last[-1].as_dict()["progress"]
    return told["step"], told["of"]


def lines(person: Person) -> dict[str, str]:
    """The summary, as the card shows it."""
    return {line.field: line.value for line in person.last[-1].card}


def receipt(application: Application, said: str) -> dict[str, str]:
    """Who filed, as the receipt of the filing that ended with these words has it."""
    (reference,) = set(REFERENCE.findall(said))
    person: dict[str, str] = application._objections.receipt(  # type: ignore[union-attr]
        reference
    ).content["person"]
    return person


def test_what_the_login_says_is_shown_and_not_asked_for(
    person: Person, application: Application
) -> None:
    person.login = ANA
    # Not at the start: whenever they begin to file.
    assert "Ana" not in person.says("when does it start?")
    begun = person.says("I want to object")
    for value in ("Name: Ana Silva", "E-mail: Ana@example.org", "Account: ana.lund on Instagram"):
        assert value in begun
    assert (person.asked, progress(person)) == ("country", (1, 5))
    person.says("Ireland")
    assert (person.asked, progress(person)) == ("linked_accounts", (2, 5))
    for answer in NO_MORE:
        person.says(answer)
    assert (person.asked, progress(person)) == ("objection_confirmed", (5, 5))
    assert lines(person)["full_name"] == "Ana Silva"
    assert {line.change.title for line in person.last[-1].card} >= {
        "Change my name", "Change my e-mail", "Change my account",
    }
    filed = person.says("yes")
    assert receipt(application, filed)["full_name"] == "Ana Silva"


def test_the_address_is_confirmed_by_a_code_all_the_same(person: Person) -> None:
    """A stolen or forged identity confirms nothing."""
    person.login = ANA
    for text in ("I want to object", "skip", *NO_MORE, "yes"):
        person.says(text)
    assert person.asked == "verification_code"


def test_every_value_can_be_changed_and_then_counts_as_a_step(person: Person) -> None:
    person.login = ANA
    for text in ("I want to object", "skip", *NO_MORE):
        person.says(text)
    (change,) = [one.change for one in person.last[-1].card if one.field == "email"]
    person.press(change.id)
    assert person.asked == "email"
    person.says("ana@other.example")
    assert progress(person) == (6, 6)
    assert lines(person)["email"] == "ana@other.example"
    assert lines(person)["full_name"] == "Ana Silva"


def test_the_way_back_leads_to_what_was_asked(person: Person) -> None:
    person.login = ANA
    person.says("I want to object")
    assert person.last[-1].back is None
    person.says("go back")
    assert (person.asked, progress(person)) == ("country", (1, 5))
    person.says("Ireland")
    back = person.last[-1].back
    assert person.asked == "linked_accounts" and back is not None
    person.press(back.id)
    assert (person.asked, progress(person)) == ("country", (1, 5))
    assert person.slots()["account"] == {"platform": "instagram", "handle": "ana.lund"}


def test_what_the_person_says_goes_before_what_the_login_says(person: Person) -> None:
    person.login = ANA
    begun = person.says("I object. I'm Petra Novak, instagram petra.novak")
    assert "E-mail: Ana@example.org" in begun
    assert "Ana Silva" not in begun and "ana.lund" not in begun
    assert (person.asked, progress(person)) == ("country", (2, 7))
    slots = person.slots()
    assert slots["full_name"] == "Petra Novak"
    assert slots["account"] == {"platform": "instagram", "handle": "petra.novak"}


def test_what_cannot_be_read_is_asked_for_like_everything_else(person: Person) -> None:
    person.login = Identity("4711", "ana at nowhere", "twitter ana")
    assert "login" not in person.says("I want to object")
    assert (person.asked, progress(person)) == ("full_name", (1, 8))
    person.says("Ana Silva")
    assert (person.asked, progress(person)) == ("email", (2, 8))


def test_starting_over_keeps_what_the_login_says_and_nothing_else(person: Person) -> None:
    person.login = ANA
    for text in ("I want to object", "Ireland"):
        person.says(text)
    again = person.says("start over")
    assert "name, e-mail, account" in again
    # What is said in that turn belongs to the draft that is over.
    assert REMOVED not in again and "Ana" not in again
    assert (person.asked, progress(person)) == ("country", (1, 5))
    assert person.slots()["full_name"] == "Ana Silva"


def test_a_second_filing_is_for_another_account(person: Person) -> None:
    person.login = ANA
    for text in ("I want to object", "skip", *NO_MORE, "yes", "I want to object"):
        person.says(text)
    assert person.asked == "account"
    person.says("start over")
    assert "account" not in person.last[0].text
    assert person.slots()["account"] is None


def test_nothing_of_it_is_stored_before_or_after_a_filing(
    person: Person, stored: Callable[[Person], str]
) -> None:
    person.login = ANA
    person.says("are my photos used?")
    hers = ("ana silva", "xample.org", "ana.lund")
    assert [word for word in hers if word in stored(person).casefold()] == []
    person.says("I want to object")
    assert [word for word in hers if word in stored(person).casefold()] == [*hers]
    person.says("cancel")
    assert [word for word in hers if word in stored(person).casefold()] == []


def test_the_next_person_is_not_taken_for_the_one_before(person: Person, other: Person) -> None:
    person.login = ANA
    person.says("I want to object")
    assert "login" not in other.says("I want to object")
    assert other.asked == "full_name"
