"""Taking back what is known to be the person's: asked once, done by a button and nothing else.

What was filed in this conversation is theirs; for a number from elsewhere a code comes first.

The numbers that were asked about are in what the button stands for, so an old button takes back
what was named above it and nothing that was filed since. No words are ever read as that topic.
"""

from __future__ import annotations

import structlog
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import records
from actions.awaiting import a_reply, ask_for_code
from actions.base import BotAction, Event, topic, words
from bot.objections.errors import StorageError
from bot.objections.references import find_reference
from bot.objections.service import ObjectionService

log = structlog.get_logger()

TOPIC = "withdraw_objection"
_BETWEEN = "+"


class WithdrawObjection(BotAction):
    """Says what taking back means and asks; once agreed, does it and says so after the commit."""

    def name(self) -> str:
        return "action_withdraw_objection"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if agreed(tracker):
            await _withdraw(dispatcher, tracker)
        elif tracker.active_loop_name == "objection_form":
            dispatcher.utter_message(response="say_withdraw_while_filing")
        else:
            return await _ask(dispatcher, tracker)
        return []

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        numbers = agreed(tracker)
        if numbers:
            # A time limit says nothing about how the transaction ended.
            asked = _BETWEEN.join(numbers)
            dispatcher.utter_message(response="say_withdraw_unsure", asked=asked)
        else:
            dispatcher.utter_message(response="say_withdraw_failed")
        return []


def agreed(tracker: Tracker) -> list[str]:
    """The numbers on the button that was pressed; none when it was another one, or words."""
    name, _, numbers = (topic(tracker)[0] or "").partition("/")
    return numbers.split(_BETWEEN) if name == TOPIC and numbers else []


async def _ask(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
    filed = _filed_here(tracker)
    named = find_reference(words(tracker))
    if named is not None and named not in filed:
        return await ask_for_code(dispatcher, tracker, named, "withdraw")
    if not filed:
        dispatcher.utter_message(response="say_withdraw_elsewhere")
        return [a_reply("number")]
    await ask_about(dispatcher, [number for number in filed if named in (None, number)])
    return []


async def ask_about(dispatcher: CollectingDispatcher, meant: list[str]) -> None:
    """Ask once whether these are to be taken back, which the caller knows to be the person's."""
    standing = await records.ask(lambda service: _standing(service, meant))
    if not standing:
        dispatcher.utter_message(response="say_withdraw_already", objections=_listed(meant))
        return
    dispatcher.utter_message(
        response="say_withdraw_ask" if len(standing) == 1 else "say_withdraw_ask_several",
        objections=_listed(standing),
        asked=_BETWEEN.join(standing),
    )


async def _withdraw(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    filed = _filed_here(tracker)
    numbers = [number for number in agreed(tracker) if number in filed]
    if not numbers:
        dispatcher.utter_message(response="say_withdraw_elsewhere")
        return
    try:
        withdrawn = await records.ask(lambda service: service.withdraw(numbers, "chat"))
    except StorageError as error:
        log.error("withdrawal_failed", code=error.code)
        asked = _BETWEEN.join(numbers)
        dispatcher.utter_message(response="say_withdraw_unsure", asked=asked)
        return
    listed = _listed([one.reference for one in withdrawn])
    dispatcher.utter_message(response="say_withdraw_done", objections=listed)


def _filed_here(tracker: Tracker) -> list[str]:
    return tracker.get_slot("references") or []


def _standing(service: ObjectionService, numbers: list[str]) -> list[str]:
    """Those that were not taken back yet."""
    return [n for n in numbers if service.status(n).case_status != "withdrawn"]


def _listed(numbers: list[str]) -> str:
    return "\n".join(f"- {number}" for number in numbers)
