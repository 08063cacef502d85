"""Answers that take more than one response: several questions, none that is sure, none of ours."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import BotAction, Event
from actions.titles import TITLES

MISSES = frozenset({"out_of_scope", "nlu_fallback"})


class AnswerAlso(BotAction):
    """Answers the further questions of a message, and offers what else it may have meant."""

    def name(self) -> str:
        return "action_answer_also"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        for topic in tracker.latest_message.get("also") or ():
            dispatcher.utter_message(response=f"utter_{topic}")
        # While filing, one answer is enough: the form's own question comes next.
        if tracker.latest_message.get("offered") and not tracker.active_loop_name:
            dispatcher.utter_message(response="say_or_meant", buttons=_buttons(tracker))
        return []


class DidYouMean(BotAction):
    """Offers the likeliest topics, in plain words."""

    def name(self) -> str:
        return "action_did_you_mean"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        again = _missed_before(tracker)
        response = "say_did_you_mean_again" if again else "say_did_you_mean"
        dispatcher.utter_message(response=response, buttons=_buttons(tracker))
        return []


class OutOfScope(BotAction):
    """Says what the bot can do instead, the nearest topics if any are near.

    At the second miss in a row it says where to find a person.
    """

    def name(self) -> str:
        return "action_out_of_scope"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if tracker.latest_message.get("in_distress"):
            dispatcher.utter_message(response="say_distress", buttons=[])
            return []
        response = "say_out_of_scope"
        if _missed_before(tracker):
            response = "say_missed_again"
        elif tracker.latest_message.get("offered"):
            response = "say_out_of_scope_close"
        dispatcher.utter_message(response=response, buttons=_buttons(tracker))
        return []


def _buttons(tracker: Tracker) -> list[dict[str, str]]:
    offered = tracker.latest_message.get("offered") or ()
    return [
        {"title": TITLES[topic], "payload": f"/{topic}"}
        for topic in offered
        # Where nothing is open, there is nothing to end.
        if tracker.active_loop_name or topic not in ("cancel", "start_over")
    ]


def _missed_before(tracker: Tracker) -> bool:
    """Whether the person's message before the last one was not understood either."""
    said: list[dict[str, Any]] = [e for e in tracker.events if e["event"] == "user"]
    return len(said) > 1 and said[-2]["parse_data"]["intent"]["name"] in MISSES
