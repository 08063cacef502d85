"""Somebody asks how their objection stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.objections.references import new_reference
from tests.conversations.conftest import Person
from tests.conversations.steps import files, objects

pytestmark = pytest.mark.slow

UNKNOWN = new_reference(lambda count: b"\x07" * count)


def mistyped(reference: str) -> str:
    return reference[:4] + ("0" if reference[4] != "0" else "1") + reference[5:]


def test_a_number_alone_tells_nothing_and_a_code_opens_the_state(
    person: Person, other: Person, mailed: Callable[[], str]
) -> None:
    linked, unlinked = files(person)
    asked = other.says(f"what is the status of {linked}?")
    assert "If there is an objection with this number" in asked
    assert linked not in asked and other.asked == "verification_code"
    told = other.says(f"teh code is {mailed()}")
    assert f"Objection {linked} was received on" in told
    assert "2 accounts" in told
    # What belongs to the same person is open now too.
    assert "one account" in other.says(f"status of {unlinked.lower().replace('-', ' ')}")
    assert other.asked is None


def test_the_answer_is_the_same_for_a_number_that_nobody_has(
    person: Person, other: Person, third: Person
) -> None:
    linked, _ = files(person)
    other.says("hello")
    third.says("hello")
    assert third.says(f"status of {linked}") == other.says(f"status of {UNKNOWN}")
    # Also once it is too soon for another.
    too_soon = other.says(f"status of {linked}")
    assert "less than a minute ago" in too_soon
    assert third.says(f"status of {UNKNOWN}") == too_soon
    assert "not right" in other.says("123456")
    assert other.offered == ["Send a new code"]


def test_a_question_between_is_answered_and_the_code_is_still_taken(
    person: Person, other: Person, mailed: Callable[[], str]
) -> None:
    linked, _ = files(person)
    other.says(f"status of {linked}")
    code = mailed()
    other.says("when does it start?")
    assert other.topics == ["faq/effective_date"]
    assert linked in other.says(code)


def test_the_state_says_nothing_personal(
    person: Person, other: Person, mailed: Callable[[], str]
) -> None:
    linked, _ = files(person)
    other.says(f"status of {linked}")
    told = other.says(mailed())
    for words in ("Ana", "example.org", "lund", "Ireland", "living"):
        assert words not in told


def test_after_filing_the_number_need_not_be_named(person: Person) -> None:
    references = files(person)
    told = person.says("what is the status of my objection?")
    assert all(reference in told for reference in references)


def test_after_filing_another_number_is_not_mistaken_for_the_own_one(person: Person) -> None:
    own, _ = files(person)
    told = person.says(f"what is the status of {mistyped(own)}?")
    assert "not right" in told
    assert own not in told
    assert "If there is an objection with this number" in person.says(UNKNOWN)


def test_a_mistyped_number_is_asked_for_again(person: Person, other: Person) -> None:
    reference, _ = files(person)
    other.says("what is the state of my objection?")
    assert "not right" in other.says(mistyped(reference))
    assert other.asked == "reference"
    other.says(reference)
    assert other.asked == "verification_code"


def test_a_question_between_is_answered_and_the_number_asked_for_again(person: Person) -> None:
    person.says("what is the state of my objection?")
    person.says("when does it start?")
    assert person.topics[0] == "faq/effective_date"
    assert person.asked == "reference"


@pytest.mark.parametrize("word", ["never mind", "cancel"])
def test_one_can_leave_without_a_number(person: Person, word: str) -> None:
    person.says("what is the state of my objection?")
    person.says(word)
    assert person.asked is None
    assert person.slots()["reference"] is None
    person.says("thanks")
    assert person.topics == ["thank"]


def test_one_can_leave_by_a_button(person: Person) -> None:
    person.says("what is the state of my objection?")
    person.says("OBJ-1234")
    person.presses("Stop looking")
    assert person.asked is None


def test_one_can_object_instead(person: Person) -> None:
    person.says("what is the state of my objection?")
    person.says("I want to object")
    assert person.asked == "full_name"


def test_in_the_middle_of_a_filing_what_was_filed_here_is_looked_up(person: Person) -> None:
    reference, _ = files(person)
    person.says("I want to object")
    assert person.asked == "account"
    assert reference in person.says(f"status of {reference}")
    assert person.asked == "account"
    assert "finish or cancel" in person.says(f"status of {UNKNOWN}")
    assert person.slots()["email"] == "ana@example.org"


def test_in_the_middle_of_a_filing_without_a_number_the_filing_goes_first(person: Person) -> None:
    objects(person, up_to="country")
    assert "finish or cancel" in person.says("what is the state of my objection?")
    assert person.asked == "country"
