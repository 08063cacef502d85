"""The beginning of a conversation, and the last resort within it."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, FollowupAction, SessionStarted
from rasa_sdk.executor import CollectingDispatcher

from actions.base import BotAction, Event


class SessionStart(BotAction):
    """Says who is talking, who runs it and where an objection goes, before anything else."""

    def name(self) -> str:
        return "action_session_start"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        dispatcher.utter_message(response="say_welcome")
        return [SessionStarted(), ActionExecuted("action_listen")]

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        return [SessionStarted(), ActionExecuted("action_listen")]


class DefaultFallback(BotAction):
    """No rule fits: says so. Unlike Rasa's own it keeps the person's turn in the conversation."""

    def name(self) -> str:
        return "action_default_fallback"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        dispatcher.utter_message(response="say_not_understood")
        form = tracker.active_loop.get("name")
        return [FollowupAction(form or "action_listen")]
