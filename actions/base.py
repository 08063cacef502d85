"""What every action shares: it never raises, and never loses what the person told it.

An exception that reaches Rasa is logged there with the whole conversation, and the turn goes on as
if the action had worked. Here it becomes a code in the log and a sentence for the person.
"""

from __future__ import annotations

import asyncio
import traceback
from abc import ABC, abstractmethod
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.objections.db import waiting_at_most
from bot.understanding.commands import Command

log = structlog.get_logger()

Event = dict[str, Any]
# Seconds; below the limit of the turn, so that the person gets an answer and not a time-out.
LIMIT = 15.0
# What is left of it for saying that the database could not be written to: known is better than
# unknown, which is what it is when the limit is over first.
_FOR_SAYING_SO = 1.0


class BotAction(Action, ABC):
    """An action as `act`, with `failed` for when that goes wrong."""

    @abstractmethod
    def name(self) -> str:
        """The name under which the domain and the rules know it."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Event]:
        """Run `act`; on any error say so, log a code, and keep every slot."""
        said = len(dispatcher.messages)
        try:
            with waiting_at_most(LIMIT - _FOR_SAYING_SO):
                return await asyncio.wait_for(self.act(dispatcher, tracker), LIMIT)
        except Exception as error:
            # Not the error itself: its text may quote what the person wrote.
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error(
                "action_failed",
                action=self.name(),
                error=type(error).__name__,
                where=f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}",
            )
            # What it had begun to say may not be true any more.
            del dispatcher.messages[said:]
            return self.failed(dispatcher, tracker)

    @abstractmethod
    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Do the work; returns Rasa events."""

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Tell the person that it went wrong; returns Rasa events."""
        dispatcher.utter_message(response="say_failed")
        return []


def words(tracker: Tracker) -> str:
    """What the person wrote last, "" when there was nothing."""
    return str(tracker.latest_message.get("text") or "")


def commands(tracker: Tracker) -> list[Command]:
    """What the person's last message does."""
    return [Command.from_dict(one) for one in tracker.latest_message.get("commands") or ()]


def topic(tracker: Tracker) -> tuple[str | None, float]:
    """What the last message was taken for, and how sure that is: ("faq/ads", 0.91)."""
    said = tracker.latest_message
    return said.get("topic"), float((said.get("intent") or {}).get("confidence") or 0.0)
