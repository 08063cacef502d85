"""Somebody takes back what they said before."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Person
from tests.conversations.steps import STEPS, objects

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("step", STEPS[2:])
def test_an_e_mail_address_is_corrected_in_passing(person: Person, step: str) -> None:
    objects(person, up_to=step)
    told = person.says("no wait, my e-mail is ana2@example.org")
    assert "E-mail: ana2@example.org" in told
    assert person.slots()["email"] == "ana2@example.org"
    assert person.asked == step


def test_a_corrected_account_is_the_one_that_the_next_questions_speak_of(person: Person) -> None:
    objects(person, up_to="linked_accounts")
    told = person.says("sorry, I meant instagram ana.t")
    assert person.asked == "linked_accounts"
    assert "linked to ana.t on Instagram" in told


def test_one_field_can_be_asked_for_again_in_the_middle(person: Person) -> None:
    objects(person, up_to="reason")
    person.says("I made a mistake in my e-mail")
    assert person.asked == "email"
    person.says("ana2@example.org")
    assert person.asked == "reason"


def test_the_filed_summary_is_the_corrected_one(person: Person) -> None:
    objects(person)
    told = person.says("no, my country is France")
    assert "- Country: France" in told
    assert person.asked == "objection_confirmed"
    assert "recorded" in person.says("yes")
