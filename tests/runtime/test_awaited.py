"""Which texts are a code, a wish for another, or another name or address."""

from __future__ import annotations

from typing import Any

import pytest

from bot.runtime.awaited import topic
from bot.runtime.redaction import REMOVED, redacted

CODE = {"id": "x", "for": "confirm", "reference": "OBJ-0000-0000-0000-0000-0"}


def events(loop: str | None = None, **slots: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"event": "slot", "name": name, "value": value} for name, value in slots.items()
    ]
    return [*found, {"event": "active_loop", "name": loop}]


@pytest.mark.parametrize("text", ["123456", "teh code is 123 456", "123-456 thx", "code:123456."])
def test_six_digits_are_a_code_where_one_is_awaited(text: str) -> None:
    assert topic(events(awaited=CODE), text) == "check_status/code"
    assert topic(events(), text) is None
    assert topic(events(awaited=CODE) + events(awaited=None), text) is None
    # In a form they are an answer.
    assert topic(events("objection_form", awaited=CODE), text) is None


def test_what_held_before_the_events_that_were_read_counts_too() -> None:
    assert topic([], "123456", {"awaited": CODE, "active_loop": None}) == "check_status/code"
    assert topic([], "123456", {"awaited": CODE, "active_loop": "objection_form"}) is None
    assert topic(events(awaited=None), "123456", {"awaited": CODE}) is None


@pytest.mark.parametrize(
    "text",
    [
        "send agian", "didnt get any code", "i did not get an email", "send me a new code",
        "resend the code", "the code never came", "no mail arrived", "another code please",
        "the code has expired", "i havent got the mail",
    ],
)
def test_another_code_is_asked_for_in_many_words(text: str) -> None:
    assert topic(events(awaited=CODE), text) == "check_status/new_code"
    assert topic(events(), text) is None


@pytest.mark.parametrize(
    "text",
    [
        "what happens next?", "thanks", "no thx", "do you use my private messages?",
        "when does it start", "what is it for", "my code is a secret", "I object again",
        "the year 2024", "is my e-mail address used for ads?",
    ],
)
def test_anything_else_is_read_as_always(text: str) -> None:
    assert topic(events(awaited=CODE, references=["OBJ"]), text) is None


@pytest.mark.parametrize(
    "text",
    [
        "change my e-mail", "i want to chnage my email", "my email is wrong",
        "my name is spelled wrong", "there is a typo in my name", "update my contact details",
        "my email address has changed to a@example.org, please change my mail",
    ],
)
def test_a_change_is_known_where_something_is_the_persons(text: str) -> None:
    assert topic(events(references=["OBJ"]), text) == "check_status/contact"
    assert topic(events(), text) is None


def test_what_was_asked_for_is_taken() -> None:
    assert topic(events(awaited={"for": "new_email"}), "ana@example.org") == "check_status/contact"
    assert topic(events(awaited={"for": "new_name"}), "Anna Silva") == "check_status/contact"
    assert topic(events(awaited={"for": "new_name"}), "why do you ask?") is None
    assert topic(events(awaited={"for": "new_name"}), "cancel") is None
    number = "OBJ-0000-0000-0000-0000-0"
    assert topic(events(awaited={"for": "number"}), f"it is {number}") == "withdraw_objection"
    assert topic(events(awaited={"for": "number"}), "no idea") is None


@pytest.mark.parametrize("name", ["check_status/code", "check_status/contact"])
def test_a_code_and_a_detail_are_not_kept(name: str) -> None:
    said = {"event": "user", "text": "123456", "parse_data": {"text": "123456", "topic": name}}
    other = {"event": "user", "text": "hi", "parse_data": {"text": "hi", "topic": "greet"}}
    ((index, clean),) = redacted([other, said], since=0)
    assert index == 1 and clean["text"] == clean["parse_data"]["text"] == REMOVED
    # What was there before has been cleaned before.
    assert list(redacted([other, said], since=2)) == []


def test_no_text_is_read_for_ever() -> None:
    for text in ("code " * 200, "send " * 200 + "x", "my name " * 120, "e-mail " * 140):
        topic(events(awaited=CODE, references=["OBJ"]), text)
