"""Where one question of a message ends and the next begins."""

from __future__ import annotations

import pytest

from bot.nlu.questions import is_question, questions


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("when does it start and does it cover insta?",
         ["when does it start", "does it cover insta?"]),
        ("what is the date on it how long does it take", ["what is the date on it",
                                                          "how long does it take"]),
        ("Is it lawful? Also, who supervises it?", ["Is it lawful?", "who supervises it?"]),
        ("where's the form, and what will they ask", ["where's the form", "what will they ask"]),
        ("tell me what it is and tell me where the form is",
         ["tell me what it is", "tell me where the form is"]),
        ("please explain to me what they use", ["explain to me what they use"]),
        ("do they take photos? of my shop I mean.", ["do they take photos? of my shop I mean."]),
        ("photos and captions?", ["photos and captions?"]),
        ("I run a shop. It sells soap.", []),
        ("", []),
    ],
)
def test_the_questions_of_a_message(message: str, found: list[str]) -> None:
    assert [question.text for question in questions(message)] == found


def test_a_statement_is_told_with_the_question_that_it_leads_to() -> None:
    first, second = questions("My kid is eleven, is she in? And which posts do they take?")
    assert (first.text, first.told) == ("is she in?", "My kid is eleven is she in?")
    assert second.told == second.text


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("is that all", True),
        ("and what then", True),
        ("so photos too?", True),
        ("don't use my photos", False),
        ("yes", False),
        ("", False),
    ],
)
def test_whether_a_text_asks(text: str, asks: bool) -> None:
    assert is_question(text) is asks
