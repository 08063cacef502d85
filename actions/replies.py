"""Replies to what was said last, outside of a filing, that no topic answers."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import BotAction, Event, commands

_SAYS = {
    "explain": "say_reply_explain",
    "complain": "say_reply_complaint",
    "language": "say_reply_language",
    "keep": "say_reply_kept",
    "told": "say_reply_told",
    "wait": "say_reply_wait",
}


class Reply(BotAction):
    """Answers a complaint, a wish for another language, "huh?" and their like."""

    def name(self) -> str:
        return "action_reply"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        kinds = [one.do for one in commands(tracker)]
        dispatcher.utter_message(
            response=next((_SAYS[kind] for kind in kinds if kind in _SAYS), "say_not_understood")
        )
        return []
