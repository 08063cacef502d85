"""Somebody stops: nothing is filed and nothing of what they told stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actions.filing import draft
from tests.conversations.conftest import Person
from tests.conversations.steps import ANSWERS, PERSONAL, STEPS, objects

pytestmark = pytest.mark.slow

TABLES = ("objection", "contact", "account", "account_center", "objection_account")


@pytest.mark.parametrize("step", STEPS)
def test_cancelling_at_every_step_leaves_nothing_behind(
    person: Person, rows: Callable[[str], int], stored: Callable[[Person], str], step: str
) -> None:
    before = {table: rows(table) for table in TABLES}
    objects(person, up_to=step)
    if step == "objection_confirmed":
        # The search below would find them if they stayed.
        assert all(words in stored(person) for words in PERSONAL)
    told = person.says("cancel")
    assert "Nothing was filed" in told
    assert person.asked is None
    assert {table: rows(table) for table in TABLES} == before
    assert {person.slots()[name] for name in (*draft.emptied(), "requested_slot")} == {None}
    kept = stored(person)
    assert [words for words in (*PERSONAL, *ANSWERS.values()) if words in kept] == []


def test_a_cancel_button_does_the_same(person: Person, stored: Callable[[Person], str]) -> None:
    objects(person)
    person.presses("Cancel")
    kept = stored(person)
    assert [words for words in PERSONAL if words in kept] == []


def test_what_was_corrected_or_half_said_goes_too(
    person: Person, stored: Callable[[Person], str]
) -> None:
    objects(person, up_to="account", full_name="Bea Lund")
    person.says("bea_half")
    person.says("sorry, my e-mail is bea@example.org")
    person.says("instagram bea_whole")
    person.says("stop")
    kept = stored(person)
    for words in ("Bea", "bea_half", "bea@example.org", "bea_whole"):
        assert words not in kept


def test_details_of_the_message_that_began_the_filing_go_too(
    person: Person, stored: Callable[[Person], str]
) -> None:
    person.says("I'm José Ñandú, jose@example.org, instagram jose.n, and I want to object")
    person.says("cancel")
    kept = stored(person)
    assert "jose" not in kept
    # As it is, and as JSON writes it.
    assert "Ñandú" not in kept
    assert "\\u00d1and\\u00fa" not in kept


def test_starting_over_forgets_and_asks_from_the_beginning(
    person: Person, stored: Callable[[Person], str]
) -> None:
    objects(person, up_to="reason")
    assert "from the beginning" in person.says("start over")
    assert person.asked == "full_name"
    assert {person.slots()[name] for name in draft.FIELDS} == {None}
    kept = stored(person)
    assert [words for words in PERSONAL if words in kept] == []


def test_after_cancelling_one_can_object_again(
    person: Person, rows: Callable[[str], int]
) -> None:
    before = rows("objection")
    objects(person)
    person.says("cancel")
    person.presses("Start again")
    assert person.asked == "full_name"
    assert rows("objection") == before


def test_there_is_nothing_to_cancel_outside_a_filing(person: Person) -> None:
    assert "nothing to cancel" in person.says("cancel")
