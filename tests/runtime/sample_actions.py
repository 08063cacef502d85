"""Actions that behave well and badly, for the tests of running actions in process."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

KEPT: list[Any] = ["as it was"]


class Meddling(Action):
    """Changes everything that it is given, and returns something that it keeps."""

    def name(self) -> str:
        return "sample_meddling"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        domain["intents"].append("meddled")
        tracker.slots["email"] = "meddled"
        tracker.latest_message["intent"]["name"] = "meddled"
        dispatcher.utter_message(text="done")
        return [SlotSet("kept", KEPT)]


class Noting(Action):
    """Notes what it is told beside the message."""

    def name(self) -> str:
        return "sample_noting"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        return [SlotSet("identity", tracker.latest_message.get("identity"))]


class Refusing(Action):
    def name(self) -> str:
        return "sample_refusing"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        raise ActionExecutionRejection(self.name(), "not now")


class Slow(Action):
    def name(self) -> str:
        return "sample_slow"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        await asyncio.sleep(60)
        return []


class Failing(Action):
    def name(self) -> str:
        return "sample_failing"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        raise ZeroDivisionError
