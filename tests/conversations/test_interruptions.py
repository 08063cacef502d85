"""Somebody asks something else in the middle: it is answered, and the form goes on where it was."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Person
from tests.conversations.steps import STEPS, objects

pytestmark = pytest.mark.slow

QUESTIONS = {
    "when does it start?": "faq/effective_date",
    "will this stop ads?": "not_covered/ads",
    "help": "help",
    "are you a human?": "bot_challenge",
    "what do you do with what I write here?": "chat_privacy",
    "I want to talk to a person": "human_handoff",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_question_is_answered_and_the_step_is_asked_again(person: Person, step: str) -> None:
    objects(person, up_to=step)
    before = person.slots()
    for question, topic in QUESTIONS.items():
        person.says(question)
        assert person.topics == [topic, "file_objection"]
        assert person.asked == step
    assert person.slots() == before


# At the reason anything that is no question and no request is a reason.
@pytest.mark.parametrize("step", [step for step in STEPS if step != "reason"])
def test_small_talk_does_not_move_the_form(person: Person, step: str) -> None:
    objects(person, up_to=step)
    before = person.slots()
    person.says("thank you so much")
    assert person.asked == step
    assert person.slots() == before


def test_an_answer_in_the_middle_of_a_filing_offers_no_way_out_of_it(person: Person) -> None:
    person.says("when does it start?")
    assert person.offered
    objects(person, up_to="email")
    person.says("when does it start?")
    assert person.offered == []


def test_after_an_interruption_the_answer_still_counts(person: Person) -> None:
    objects(person, up_to="email")
    person.says("why do you need that?")
    assert person.asked == "email"
    person.says("ana@example.org")
    assert person.slots()["email"] == "ana@example.org"
    assert person.asked == "country"
