"""Several answers, offers and misses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import AnswerAlso, DidYouMean, OutOfScope
from actions.base import BotAction
from actions.titles import TITLES
from bot.runtime.wording import load_said
from bot.settings import ROOT


def said(intent: str) -> dict[str, Any]:
    return {"event": "user", "parse_data": {"intent": {"name": intent}}}


def run(action: BotAction, message: dict[str, Any], *before: str) -> list[dict[str, Any]]:
    events = [said(intent) for intent in (*before, "the last one")]
    tracker = Tracker("someone", {}, message, events, False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    asyncio.run(action.run(dispatcher, tracker, {}))
    return list(dispatcher.messages)


def test_further_questions_are_answered_in_order() -> None:
    messages = run(AnswerAlso(), {"also": ["faq/data_used", "not_covered/ads"]})
    assert [m["response"] for m in messages] == ["utter_faq/data_used", "utter_not_covered/ads"]
    assert run(AnswerAlso(), {}) == []


def test_what_else_may_be_meant_is_offered_beside_an_answer() -> None:
    messages = run(AnswerAlso(), {"also": [], "offered": ["faq/impact", "faq/data_used"]})
    (offer,) = messages
    assert offer["response"] == "say_or_meant"
    assert [button["payload"] for button in offer["buttons"]] == ["/faq/impact", "/faq/data_used"]


def test_while_filing_nothing_else_is_offered_beside_an_answer() -> None:
    message = {"offered": ["faq/impact", "faq/data_used"]}
    loop = {"name": "objection_form"}
    tracker = Tracker("someone", {}, message, [said("faq")], False, None, loop, "action_listen")
    dispatcher = CollectingDispatcher()
    asyncio.run(AnswerAlso().run(dispatcher, tracker, {}))
    assert dispatcher.messages == []


def test_what_is_almost_ours_is_answered_with_the_nearest_topics() -> None:
    (message,) = run(OutOfScope(), {"offered": ["faq/impact", "faq/data_used", "file_objection"]})
    assert message["response"] == "say_out_of_scope_close"
    assert [button["title"] for button in message["buttons"]] == [
        "What it means for me", "What may be used", "Object now",
    ]
    (message,) = run(OutOfScope(), {})
    assert message["response"] == "say_out_of_scope"
    assert len(load_said()["say_out_of_scope"][0]["buttons"]) == 3


def test_what_is_offered_has_plain_titles() -> None:
    (message,) = run(DidYouMean(), {"offered": ["faq/data_used", "not_covered/ads"]})
    assert message["response"] == "say_did_you_mean"
    assert message["buttons"] == [
        {"title": "What may be used", "payload": "/faq/data_used"},
        {"title": "Advertising and selling data", "payload": "/not_covered/ads"},
    ]


@pytest.mark.parametrize("missed", ["out_of_scope", "nlu_fallback"])
@pytest.mark.parametrize("action", [OutOfScope(), DidYouMean()], ids=["none", "unsure"])
def test_the_second_miss_in_a_row_leads_to_a_person(action: BotAction, missed: str) -> None:
    (first,) = run(action, {}, "faq")
    assert not first["response"].endswith("_again")
    (second,) = run(action, {}, missed)
    assert second["response"].endswith("_again")
    (person,) = load_said()[second["response"]][0]["buttons"]
    assert person["payload"] == "/human_handoff"


def test_every_topic_has_a_title_of_a_button_s_length() -> None:
    topics = {
        f"{group}/{path.stem}"
        for group in ("faq", "not_covered")
        for path in (ROOT / "data/nlu" / group).glob("*.yml")
    } | {path.stem for group in ("actions", "chat")
         for path in (ROOT / "data/nlu" / group).glob("*.yml")}
    # Nobody is offered these.
    assert topics - {"out_of_scope", "reply"} == TITLES.keys()
    assert max(map(len, TITLES.values())) <= 40


def test_somebody_in_distress_is_offered_no_topic() -> None:
    (message,) = run(OutOfScope(), {"in_distress": True, "offered": ["faq/data_used"]}, "faq")
    assert message["response"] == "say_distress"
    assert not message["buttons"]


def test_where_nothing_is_open_no_end_is_offered() -> None:
    offered = {"offered": ["cancel", "faq/data_used", "start_over"]}
    (message,) = run(DidYouMean(), offered)
    assert [button["payload"] for button in message["buttons"]] == ["/faq/data_used"]
