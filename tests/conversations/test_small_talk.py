"""What is said around the objection: the first words, the last ones, and the words never said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.runtime.wording import load_said
from tests.conversations.conftest import Person
from tests.conversations.steps import REFERENCE, objects

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "first", ["hi", "I want to object", "when does it start?", "cancel", "zxcv"]
)
def test_the_first_message_says_who_runs_it_and_where_an_objection_goes(
    person: Person, first: str
) -> None:
    person.says(first)
    welcome = person.last[0].text
    assert "chatbot, not a person" in welcome
    assert "It is not run by Meta" in welcome
    assert "Nothing is sent to Meta" in welcome
    person.says(first)
    assert all(message.text != welcome for message in person.last)


def test_the_summary_and_the_final_message_say_where_the_objection_goes(person: Person) -> None:
    assert "Nothing is sent to Meta" in objects(person)
    assert "Nothing is sent to Meta" in person.says("yes")


def test_the_final_message_promises_no_date(person: Person) -> None:
    objects(person)
    told = REFERENCE.sub("", person.says("yes"))
    assert "recorded" in told
    assert "names no date" in told
    assert re.findall(r"\b(?:days?|weeks?|months?|years?|until|within|soon|20\d\d)\b", told) == []


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("hello", "greet"),
        ("thanks", "thank"),
        ("bye", "goodbye"),
        ("yes", "affirm"),
        ("no", "deny"),
        ("are you a human?", "bot_challenge"),
        ("what can you do", "help"),
    ],
)
def test_small_talk_is_answered_and_begins_nothing(person: Person, said: str, topic: str) -> None:
    person.says("hi")
    person.says(said)
    assert person.topics == [topic]
    assert person.slots()["draft_id"] is None


def test_after_filing_yes_and_no_file_nothing_more(person: Person, rows: Any) -> None:
    objects(person)
    person.says("yes")
    filed = rows("objection")
    for reply in ("yes", "no", "thanks", "cancel"):
        assert "recorded" not in person.says(reply)
    assert rows("objection") == filed


def test_the_bot_never_says_that_an_objection_was_accepted(person: Person) -> None:
    domain = person.application.agent.domain
    assert domain is not None
    said = {**domain.responses, **load_said()}
    texts = {name: variants[0]["text"] for name, variants in said.items()}
    assert len(texts) > 60
    promises = re.compile(r"\b(?:accepted|granted|approved)\b", re.IGNORECASE)
    assert [name for name, text in texts.items() if promises.search(text)] == []


def test_every_answer_has_one_variant(person: Person) -> None:
    domain = person.application.agent.domain
    assert domain is not None
    assert [name for name, texts in domain.responses.items() if len(texts) != 1] == []
