"""Somebody takes back what they filed in this conversation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.runtime.conversation import UnknownButton
from tests.conversations.breaking import breaking_when
from tests.conversations.conftest import Person
from tests.conversations.steps import REFERENCE, files, objects

pytestmark = pytest.mark.slow

ASK = "I want to take my objection back"
YES = "Yes, take it back"


def withdrawn(person: Person, *references: str) -> list[bool]:
    """Whether each of these is on record as taken back; asked in the same conversation."""
    return ["It was taken back." in person.says(f"status of {number}") for number in references]


def button(person: Person) -> str:
    """The id of the only button of the last answer."""
    (only,) = [button for message in person.last for button in message.buttons]
    return only.id


def test_a_yes_takes_back_what_was_filed_and_the_state_says_so(
    person: Person, rows: Callable[[str], int]
) -> None:
    before = rows("withdrawal")
    references = files(person)
    asked = person.says(ASK)
    assert REFERENCE.findall(asked) == references
    assert "count any more" in asked and "object again at any time" in asked
    assert person.offered == [YES]
    assert rows("withdrawal") == before
    told = person.says("yes")
    assert "does not count any more" in told
    assert REFERENCE.findall(told) == references
    assert person.topics == ["withdraw_objection"]
    assert rows("withdrawal") == before + 2
    state = person.says("what is the status of my objection?")
    assert state.count("It was taken back.") == 2


@pytest.mark.parametrize("words", ["Yes, take it back", "yes take it back.", "ok", "yes please"])
def test_the_yes_may_be_said_in_other_words(person: Person, words: str) -> None:
    references = files(person, unlinked_accounts="no")
    person.says(ASK)
    assert "does not count any more" in person.says(words)
    assert withdrawn(person, *references) == [True]


@pytest.mark.parametrize("words", ["no", "no, keep it", "never mind", "maybe", "thanks"])
def test_anything_else_leaves_it_as_it_is(
    person: Person, rows: Callable[[str], int], words: str
) -> None:
    before = rows("withdrawal")
    references = files(person)
    person.says(ASK)
    person.says(words)
    assert "It was taken back." not in person.says("what is the status of my objection?")
    # A yes to something else does not count for the question before.
    person.says("yes")
    assert rows("withdrawal") == before
    assert withdrawn(person, *references) == [False, False]


def test_it_is_asked_once_and_the_answer_offers_nothing_more(person: Person) -> None:
    files(person)
    person.says(ASK)
    person.presses(YES)
    assert person.offered == []
    assert person.asked is None


def test_a_question_about_it_is_no_yes(person: Person, rows: Callable[[str], int]) -> None:
    before = rows("withdrawal")
    files(person)
    person.says("can I take my objection back?")
    assert person.offered == [YES]
    person.says("take my objection back")
    assert person.offered == [YES]
    assert rows("withdrawal") == before


def test_an_old_button_leaves_what_was_filed_later(person: Person) -> None:
    first = files(person, unlinked_accounts="no")
    person.says(ASK)
    old = button(person)
    second = files(
        person, account="instagram later.lund", linked_accounts="no", unlinked_accounts="no"
    )
    # Asked again about both: the old button still means what stood above it.
    assert REFERENCE.findall(person.says(ASK)) == first + second
    told = person.press(old)
    assert REFERENCE.findall(told) == first
    assert withdrawn(person, *first, *second) == [True, False]
    assert REFERENCE.findall(person.says(ASK)) == second
    person.says("yes")
    assert withdrawn(person, *second) == [True]


def test_pressing_twice_is_answered_twice_and_recorded_once(
    person: Person, rows: Callable[[str], int]
) -> None:
    files(person, unlinked_accounts="no")
    person.says(ASK)
    pressed, before = button(person), rows("withdrawal")
    told = person.press(pressed)
    assert person.press(pressed) == told
    assert rows("withdrawal") == before + 1


def test_one_of_several_can_be_taken_back_by_its_number(person: Person) -> None:
    linked, unlinked = files(person)
    assert REFERENCE.findall(person.says(f"take back {unlinked}")) == [unlinked]
    person.says("yes")
    assert withdrawn(person, linked, unlinked) == [False, True]


def test_one_can_object_again_for_the_same_account(
    person: Person, rows: Callable[[str], int]
) -> None:
    first = files(person)
    person.says(ASK)
    person.says("yes")
    second = files(person)
    assert not set(first) & set(second)
    assert withdrawn(person, *first, *second) == [True, True, False, False]
    # All that stands, and nothing that does not.
    assert REFERENCE.findall(person.says(ASK)) == second


def test_when_all_was_taken_back_there_is_nothing_to_press(person: Person) -> None:
    references = files(person)
    person.says(ASK)
    person.says("yes")
    told = person.says("withdraw my objection")
    assert "taken back before" in told
    assert REFERENCE.findall(told) == references
    assert person.offered == []


def test_where_nothing_was_filed_the_number_and_a_code_are_wanted(
    person: Person, other: Person
) -> None:
    reference, _ = files(other)
    assert "begins with OBJ" in person.says(ASK)
    assert "a code goes" in person.says(f"take back {reference}")
    assert YES not in person.offered
    assert withdrawn(other, reference) == [False]


def test_another_conversations_button_is_unknown(person: Person, other: Person) -> None:
    files(person)
    person.says(ASK)
    with pytest.raises(UnknownButton):
        other.press(button(person))


def test_what_the_button_stands_for_cannot_be_typed(
    person: Person, rows: Callable[[str], int]
) -> None:
    before = rows("withdrawal")
    reference, _ = files(person)
    for words in (
        f"/withdraw_objection/{reference}", f"withdraw_objection/{reference}", "/withdraw_objection"
    ):
        person.says(words)
    assert rows("withdrawal") == before


def test_asked_for_a_number_one_can_take_back_instead(person: Person, other: Person) -> None:
    person.says("what is the state of my objection?")
    assert person.asked == "reference"
    told = person.says(ASK)
    assert "begins with OBJ" in told
    assert person.asked is None
    references = files(other)
    other.says("OBJ-1234")
    assert other.asked == "reference"
    assert REFERENCE.findall(other.says(f"I want to take back {references[0]}")) == references[:1]
    assert other.offered == [YES]
    other.says("yes")
    assert withdrawn(other, *references) == [True, False]


def test_asked_for_a_number_an_old_button_still_works(person: Person) -> None:
    references = files(person)
    person.says(ASK)
    old = button(person)
    person.says("status of OBJ-1234")
    assert person.asked == "reference"
    assert REFERENCE.findall(person.press(old)) == references
    assert person.asked is None


def test_in_the_middle_of_a_filing_an_old_button_works_and_the_filing_goes_on(
    person: Person,
) -> None:
    references = files(person, unlinked_accounts="no")
    person.says(ASK)
    old = button(person)
    for step in ("account", "linked_accounts", "objection_confirmed"):
        objects(person, up_to=step)
        slots = person.slots()
        told = person.press(old)
        assert REFERENCE.findall(told)[:1] == references
        assert person.asked == step
        assert person.slots() == slots
        person.says("cancel")
    assert withdrawn(person, *references) == [True]


def test_in_the_middle_of_a_filing_the_filing_goes_first(person: Person) -> None:
    files(person)
    objects(person, up_to="account")
    told = person.says("can I take my earlier objection back?")
    assert "finish or cancel this one first" in told
    assert YES not in person.offered
    assert person.asked == "account"


@pytest.mark.parametrize("where", ["writing", "committing"])
def test_when_the_database_breaks_it_still_stands_and_the_next_try_takes_it_back(
    person: Person, where: str
) -> None:
    references = files(person, unlinked_accounts="no")
    person.says(ASK)
    with breaking_when(person.application, where, "INSERT INTO withdrawal "):
        told = person.says("yes")
    assert "cannot tell you that your objection was taken back" in told
    assert person.offered == ["Try again"]
    again = button(person)
    assert withdrawn(person, *references) == [False]
    person.press(again)
    assert withdrawn(person, *references) == [True]


def test_when_only_the_answer_to_the_commit_is_lost_it_is_taken_back_and_said_so(
    person: Person,
) -> None:
    references = files(person, unlinked_accounts="no")
    person.says(ASK)
    with breaking_when(person.application, "answering", "INSERT INTO withdrawal "):
        assert "does not count any more" in person.says("yes")
    assert withdrawn(person, *references) == [True]
