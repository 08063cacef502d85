"""Somebody tells several things at once, and is not asked for any of them again."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Person
from tests.conversations.steps import objects

pytestmark = pytest.mark.slow


def test_everything_in_the_first_message(person: Person) -> None:
    person.says(
        "I'm José Ñandú, jose@example.org, from Spain, instagram jose.n, and I want to object"
    )
    assert person.asked == "linked_accounts"
    slots = person.slots()
    assert (slots["full_name"], slots["email"], slots["country"]) == (
        "José Ñandú",
        "jose@example.org",
        "ES",
    )
    assert slots["account"] == {"platform": "instagram", "handle": "jose.n"}


def test_some_of_it_in_the_first_message(person: Person) -> None:
    person.says("I object. My e-mail is ana@example.org and I live in Ireland")
    assert person.asked == "full_name"
    person.says("Ana Silva")
    assert person.asked == "account"


def test_two_answers_to_one_question(person: Person) -> None:
    objects(person, up_to="full_name")
    person.says("my name is Ana Silva and my e-mail is ana@example.org")
    assert person.asked == "country"
    person.says("I live in Ireland, instagram ana.s")
    assert person.asked == "linked_accounts"


def test_a_later_answer_first(person: Person) -> None:
    objects(person, up_to="full_name")
    person.says("ana@example.org")
    assert person.asked == "full_name"
    person.says("Ana Silva")
    assert person.asked == "country"


def test_several_accounts_in_one_answer(person: Person) -> None:
    objects(person, up_to="linked_accounts")
    person.says("facebook ana.silva, instagram ana_b and instagram ana_c")
    assert person.slots()["linked_accounts"] == [
        {"platform": "facebook", "handle": "ana.silva"},
        {"platform": "instagram", "handle": "ana_b"},
        {"platform": "instagram", "handle": "ana_c"},
    ]
    assert person.asked == "unlinked_accounts"


def test_an_account_in_two_halves(person: Person) -> None:
    objects(person, up_to="account")
    assert "ana.s on Facebook or on Instagram" in person.says("ana.s")
    assert person.asked == "account"
    person.presses("Instagram")
    assert person.slots()["account"] == {"platform": "instagram", "handle": "ana.s"}
