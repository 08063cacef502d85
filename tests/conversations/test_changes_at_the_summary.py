"""Somebody reads the summary and wants one thing to be different."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conversations.conftest import Person
from tests.conversations.steps import objects

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
