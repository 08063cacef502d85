"""Somebody does not say yes to the summary: nothing is filed, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conversations.conftest import Person
from tests.conversations.steps import objects

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "reply",
    ["no", "nope", "maybe", "not sure", "wait", "hmm", "👍", "yes?", "hold on", "not yet",
     "yes unless it costs something", "change something", "I need to think about it"],
)
def test_anything_less_than_a_yes_files_nothing(
    person: Person, rows: Callable[[str], int], reply: str
) -> None:
    before = rows("objection")
    objects(person)
    told = person.says(reply)
    assert rows("objection") == before
    assert "recorded" not in told
    assert person.asked == "objection_confirmed"
    # A later yes still counts, but one that follows "what would you like to change?" is only
    # answered by the summary.
    if "This is what I would file" not in told:
        assert "This is what I would file" in person.says("yes")
        assert rows("objection") == before
    person.says("yes")
    assert rows("objection") == before + 2


def test_a_plain_do_not_files_nothing(person: Person, rows: Callable[[str], int]) -> None:
    before = rows("objection")
    objects(person)
    assert "recorded" not in person.says("don't file it")
    assert rows("objection") == before


def test_a_no_is_asked_what_should_change(person: Person) -> None:
    objects(person)
    assert "Nothing has been filed" in person.says("no")
    assert "My e-mail address" in person.offered


def test_a_yes_before_the_summary_files_nothing(
    person: Person, rows: Callable[[str], int]
) -> None:
    before = rows("objection")
    objects(person, up_to="unlinked_accounts")
    for _ in range(3):
        person.says("yes, file it")
    assert person.asked == "unlinked_accounts"
    assert rows("objection") == before
