"""Which rule a message is for, by its commands."""

from __future__ import annotations

from typing import Any

import pytest

from bot.nlu.replies.settle import settled, with_topic
from bot.nlu.topics import Decision
from bot.understanding.commands import Command
from bot.understanding.context import Context

TAKE_BACK = "withdraw_objection/OBJ-1"
FILED = {"references": ["OBJ-1"], "awaited": {"id": "x", "for": "confirm"}}
QUESTION = Decision("faq/data_used", 0.9, [("faq/data_used", 0.9)])
GREETING = Decision("greet", 0.9, [("greet", 0.9)])


def topic(found: dict[str, Any] | None) -> str | None:
    return None if found is None else str(found["topic"])


def test_a_plain_wish_to_object_begins_whatever_else_is_said() -> None:
    wish = Command("file", confidence=0.95)
    assert topic(with_topic(GREETING, [wish], Context())) == "file_objection"
    both = with_topic(QUESTION, [wish, Command("ask", confidence=0.9)], Context())
    assert topic(both) == "file_objection" and both["asides"] == ["faq/data_used"]


def test_a_question_about_objecting_begins_nothing() -> None:
    assert (
        topic(with_topic(QUESTION, [Command("ask", confidence=0.9)], Context())) == QUESTION.topic
    )
    near = Command("file", confidence=0.95)
    assert topic(with_topic(QUESTION, [near], Context())) == QUESTION.topic
    unsure = Command("file", confidence=0.5)
    assert topic(with_topic(QUESTION, [unsure], Context())) == QUESTION.topic


def test_a_yes_to_the_offer_to_object_begins() -> None:
    yes = Command("yes", confidence=0.95)
    offered = Context(offers=("file_objection",))
    assert topic(with_topic(GREETING, [yes], offered)) == "file_objection"
    assert topic(with_topic(GREETING, [yes], Context())) == "greet"


@pytest.mark.parametrize(
    ("commands", "wanted"),
    [
        ([Command("yes", confidence=0.95)], TAKE_BACK),
        ([Command("yes", confidence=0.95), Command("withdraw", confidence=0.95)], TAKE_BACK),
        ([Command("yes", confidence=0.8)], None),
        ([Command("yes", confidence=0.95), Command("ask", confidence=0.95)], None),
        ([Command("keep", confidence=0.95)], "reply"),
        ([Command("ask", confidence=0.95)], None),
    ],
)
def test_taking_back_needs_a_plain_yes(commands: list[Command], wanted: str | None) -> None:
    context = Context("withdraw_confirm", FILED, (TAKE_BACK,))
    assert topic(settled(commands, context)) == wanted


@pytest.mark.parametrize(
    ("commands", "wanted"),
    [
        (
            [Command("new_code", confidence=0.9), Command("set", "email", "a@b.c", confidence=0.9)],
            "check_status/contact",
        ),
        (
            [Command("no_code", confidence=0.9), Command("change", "email", confidence=0.9)],
            "check_status/contact_email",
        ),
        ([Command("new_code", confidence=0.9)], "check_status/new_code"),
        ([Command("set", "code", "123456", confidence=0.9)], "check_status/code"),
    ],
)
def test_after_filing_a_new_address_comes_before_a_new_code(
    commands: list[Command], wanted: str
) -> None:
    assert topic(settled(commands, Context("after_filing", FILED))) == wanted


def test_who_sees_it_is_answered_beside_a_value() -> None:
    filing = Context("full_name", {"draft_id": "0" * 32})
    found = settled([Command("set", "full_name", "Ana"), Command("privacy")], filing)
    assert found is not None and found["asides"] == ["chat_privacy"]


def test_taking_one_back_is_no_new_filing() -> None:
    commands = [Command("withdraw", confidence=0.9), Command("account", platform="facebook")]
    assert settled(commands, Context("after_filing", FILED)) is None


def test_a_plain_correction_of_what_was_filed_is_taken_at_any_time() -> None:
    filed = Context("open", {"references": ["OBJ-1"]})
    name = Command("set", "full_name", "Ana Silva", confidence=0.95, replaces=())
    assert topic(settled([name], filed)) == "check_status/contact"
    assert settled([name], Context("open")) is None
    assert settled([Command("set", "full_name", "Ana", confidence=0.95)], filed) is None
