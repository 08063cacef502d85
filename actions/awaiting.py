"""The slot `awaited`: what may be typed outside of any form, and asking for a code.

    {"id": …, "for": "confirm", "status", "withdraw" or "change", "reference": …}   a code
    {"id": "", …}                                             a code that could not be sent yet
    {"for": "new_email", "new_name" or "number"}                                    a reply

`bot/understanding/context.py` knows by it what a message may be.
"""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import records
from actions.base import Event
from bot.objections.errors import CodeNotSent

__all__ = ["a_code", "a_reply", "ask_for_code"]


async def ask_for_code(
    dispatcher: CollectingDispatcher, tracker: Tracker, reference: str, purpose: str
) -> list[Event]:
    """Send a code to the address of an objection from elsewhere, if there is one. The words are the
    same when there is none."""
    asker = records.asker(tracker)
    try:
        requested = await records.verify(lambda one: one.request(reference, asker))
    except CodeNotSent as error:
        dispatcher.utter_message(response="say_code_not_sent", problem=error.sentence)
        # One that is awaited stays good; else a new one can be asked for all the same.
        waits = "id" in (tracker.get_slot("awaited") or {})
        return [] if waits else [a_code("", purpose, reference)]
    dispatcher.utter_message(response="say_ask_verification_code_elsewhere")
    return [a_code(requested, purpose, reference)]


def a_code(verification_id: str, purpose: str, reference: str) -> Event:
    """Await the code that was sent under this id."""
    awaited = {"id": verification_id, "for": purpose, "reference": reference}
    event: Event = SlotSet("awaited", awaited)
    return event


def a_reply(kind: str) -> Event:
    """Await a `new_email`, a `new_name` or the `number` of what is to be taken back."""
    event: Event = SlotSet("awaited", {"for": kind})
    return event
