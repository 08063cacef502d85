"""Somebody reads the summary and wants one thing to be different."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conversations.conftest import Person
from tests.conversations.steps import ANSWERS, PERSONAL, files, objects

pytestmark = pytest.mark.slow

# What is pressed, what is asked then, what is answered, the line of the next summary.
CHANGES = [
    ("My name", "full_name", "Bea Lund", "- Name: Bea Lund"),
    ("My e-mail address", "email", "bea@example.org", "- E-mail: bea@example.org"),
    ("My country", "country", "France", "- Country: France"),
    ("My account", "account", "facebook bea.lund", "- Account: bea.lund on Facebook"),
    ("The linked accounts", "linked_accounts", "no",
     "- Others in the same Accounts Center: none"),
    ("The accounts not linked", "unlinked_accounts", "no",
     "- Not linked, so filed on their own: none"),
    ("The reason", "reason", "skip", "- Reason: none given"),
]


@pytest.mark.parametrize(("button", "field", "answer", "line"), CHANGES)
def test_one_field_changes_and_the_others_stay(
    person: Person, rows: Callable[[str], int], button: str, field: str, answer: str, line: str
) -> None:
    before = rows("objection")
    summary = objects(person).splitlines()
    person.presses("Change something")
    person.presses(button)
    assert person.asked == field
    changed = person.says(answer).splitlines()
    assert person.asked == "objection_confirmed"
    assert [new for new, old in zip(changed, summary, strict=True) if new != old] == [line]
    assert rows("objection") == before


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("full_name", "change my name"),
        ("email", "yes but change my e-mail"),
        ("country", "the country is wrong"),
        ("account", "wrong handle"),
        ("linked_accounts", "change the linked accounts"),
        ("unlinked_accounts", "change the unlinked accounts"),
        ("reason", "I'd like to change the reason"),
    ],
)
def test_the_field_can_be_named_in_words(person: Person, field: str, said: str) -> None:
    objects(person)
    person.says(said)
    assert person.asked == field


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("change my country to France", "- Country: France"),
        ("my e-mail is ana2@example.org", "- E-mail: ana2@example.org"),
        ("no, my name is Ana Maria Silva", "- Name: Ana Maria Silva"),
        ("yes but my e-mail is ana2@example.org", "- E-mail: ana2@example.org"),
    ],
)
def test_a_new_value_in_one_go_gives_a_new_summary(
    person: Person, rows: Callable[[str], int], said: str, line: str
) -> None:
    before = rows("objection")
    objects(person)
    assert line in person.says(said).splitlines()
    assert person.asked == "objection_confirmed"
    assert rows("objection") == before


def test_saying_that_something_is_correct_changes_nothing(person: Person) -> None:
    summary = objects(person)
    assert person.says("my e-mail is correct").endswith(summary)


def test_each_line_of_the_summary_can_be_changed_where_it_stands(person: Person) -> None:
    objects(person)
    card = {line.field: line for line in person.last[-1].card}
    assert list(card) == list(ANSWERS)
    for field, line in card.items():
        person.press(line.change.id)
        assert person.asked == field
        person.says(ANSWERS[field])
        assert person.asked == "objection_confirmed"


def test_the_way_back_leads_from_the_summary_to_the_first_question(person: Person) -> None:
    objects(person)
    for step in reversed(list(ANSWERS)):
        back = person.last[-1].back
        assert back is not None
        person.press(back.id)
        assert person.asked == step
    assert person.last[-1].back is None


def test_after_going_back_the_answers_that_follow_are_given_again_only_where_asked(
    person: Person,
) -> None:
    objects(person, up_to="account")
    person.says("go back")
    assert person.asked == "country"
    person.says("France")
    assert person.asked == "account"
    assert person.slots()["email"] == "ana@example.org"


def test_nothing_of_the_card_is_kept_once_the_filing_is_over(person: Person) -> None:
    files(person)
    stored = person.run(person.application.agent.tracker_store.events(person.id))
    assert not [word for word in PERSONAL if word in str(stored)]
