"""A long conversation goes on as a short one: nothing is forgotten, and no turn reads all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bot.app import Application
from bot.runtime.store import ConversationStore
from tests.conversations.conftest import Person
from tests.conversations.steps import ANSWERS, PERSONAL, REFERENCE

QUESTIONS = ("when does it start", "which posts are used", "are my private messages used")


@pytest.fixture(autouse=True)
def _short_memory(application: Application) -> Iterator[None]:
    """As little as possible is read, so that a few turns make a long conversation."""
    store = application.agent.tracker_store
    assert isinstance(store, ConversationStore)
    before, store._recent_turns = store._recent_turns, 1
    yield
    store._recent_turns = before


def test_a_filing_with_many_questions_in_between_asks_on_where_it_was(person: Person) -> None:
    person.says("I want to object")
    for step, answer in ANSWERS.items():
        for question in QUESTIONS:
            person.says(question)
            assert person.asked == step
        person.says(answer)
    summary = person.says("what are my rights")
    assert person.asked == "objection_confirmed"
    assert all(words in summary for words in PERSONAL)
    assert len(REFERENCE.findall(person.says("yes"))) == 2


def test_an_old_button_still_works_and_an_old_message_is_answered_as_before(
    person: Person,
) -> None:
    first = person.says("hello", "the-first-message")
    offered = [button.id for message in person.last for button in message.buttons]
    for question in QUESTIONS * 2:
        person.says(question)
    assert person.says("something else", "the-first-message") == first
    assert offered, "the greeting offers something"
    assert person.press(offered[0])


def test_what_was_filed_long_ago_is_still_mine(person: Person) -> None:
    person.says("I want to object")
    for answer in ANSWERS.values():
        person.says(answer)
    numbers = REFERENCE.findall(person.says("yes"))
    for question in QUESTIONS * 2:
        person.says(question)
    told = person.says("what is the state of my objection")
    assert set(numbers) <= set(REFERENCE.findall(told))


def test_the_history_stays_whole(person: Person) -> None:
    said = [f"{question} {number}" for number in range(3) for question in QUESTIONS]
    for text in said:
        person.says(text)
    conversations = person.application.conversations
    assert conversations is not None
    history = person.run(conversations.history(person.id))
    assert [message["text"] for message in history if message["from"] == "person"] == said


@pytest.mark.parametrize("end", ["yes", "cancel"])
def test_when_a_long_filing_is_over_nothing_told_in_it_is_kept_anywhere(
    person: Person, stored: Callable[[Person], str], end: str
) -> None:
    person.says("I want to object")
    for answer in ANSWERS.values():
        person.says(answer)
        person.says(QUESTIONS[0])
    # The search below would find them if they stayed; a snapshot has them.
    assert all(words in stored(person) for words in PERSONAL)
    assert '"full_name": "Ana Silva"' in stored(person)
    person.says(end)
    assert person.asked != "objection_confirmed"
    for question in QUESTIONS:
        assert [words for words in PERSONAL if words in stored(person)] == []
        person.says(question)
