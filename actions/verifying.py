"""Codes in the conversation: asking for one, entering it, and changing a name or an address.

None of it is a form. After a filing a code may be typed whenever it arrives, and whatever else is
said is answered as always.
"""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import records, withdrawal
from actions.awaiting import a_code, a_reply, ask_for_code
from actions.base import Event, commands, topic, words
from bot import patterns
from bot.objections.codes import find_code
from bot.objections.errors import CodeNotSent, CodeRefused, FieldError
from bot.objections.verification import Opened

__all__ = ["TOPICS", "after_filing", "take"]

# Topics of the intent `check_status`; no words are ever read as one of them by the model.
TOPICS = frozenset(
    f"check_status/{name}"
    for name in (
        "code", "new_code", "no_code", "lost_number", "contact", "contact_email", "contact_name"
    )
)
_ADDRESS = patterns.compile(r"[^\s<>,;]+@[^\s<>,;]+")


_SAYS = {"no_code": "say_code_not_needed", "lost_number": "say_lost_number"}


async def after_filing(
    dispatcher: CollectingDispatcher, tracker: Tracker, reference: str
) -> list[Event]:
    """Say whether a code was sent, unless the address of this objection is confirmed already."""
    asker = records.asker(tracker)
    awaited = await records.verify(lambda one: one.awaited(reference, asker))
    if awaited is None:
        return []
    if awaited.problem is not None:
        dispatcher.utter_message(
            response="say_code_not_sent_after_filing", problem=awaited.problem.sentence
        )
    elif awaited.is_new:
        dispatcher.utter_message(response="say_ask_verification_code")
    else:
        dispatcher.utter_message(response="say_ask_verification_code_before")
    return [a_code(awaited.id, "confirm", reference)]


async def take(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
    """Do what a message with one of `TOPICS` wants. The slot `reference` is then what to tell the
    state of; [] for nothing."""
    name = str(topic(tracker)[0]).partition("/")[2]
    if name == "code":
        done = await _code(dispatcher, tracker)
    elif name == "new_code":
        done = await _new_code(dispatcher, tracker)
    elif name in _SAYS:
        dispatcher.utter_message(response=_SAYS[name])
        done = []
    else:
        done = await _contact(dispatcher, tracker, name)
    # Nothing to tell the state of, unless one of them says so after it.
    return [SlotSet("reference", []), *done]


async def _code(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
    awaited, code = tracker.get_slot("awaited") or {}, find_code(words(tracker))
    if "id" not in awaited or code is None:
        dispatcher.utter_message(response="say_code_not_awaited")
        return []
    try:
        opened = await records.verify(lambda one: one.enter(awaited["id"], code))
    except CodeRefused as error:
        dispatcher.utter_message(response="say_code_refused", problem=error.sentence)
        return []
    _say_confirmed(dispatcher, awaited["for"], opened)
    earlier = tracker.get_slot("references") or []
    events = [
        SlotSet("awaited", None),
        SlotSet("references", list(dict.fromkeys([*earlier, *opened.references]))),
    ]
    if awaited["for"] == "withdraw":
        named = [number for number in opened.references if number == awaited["reference"]]
        await withdrawal.ask_about(dispatcher, named or list(opened.references))
    elif awaited["for"] == "status":
        events.append(SlotSet("reference", [awaited["reference"]]))
    return events


def _say_confirmed(dispatcher: CollectingDispatcher, purpose: str, opened: Opened) -> None:
    if opened.purpose == "change":
        dispatcher.utter_message(response="say_code_changed")
    elif purpose == "confirm":
        dispatcher.utter_message(response="say_code_confirmed")
    else:
        dispatcher.utter_message(response="say_code_right")


async def _new_code(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
    awaited = tracker.get_slot("awaited") or {}
    if "id" not in awaited:
        dispatcher.utter_message(response="say_code_not_awaited")
        return []
    reference, asker = awaited["reference"], records.asker(tracker)
    if awaited["for"] in ("status", "withdraw"):
        return await ask_for_code(dispatcher, tracker, reference, awaited["for"])
    try:
        if awaited["for"] == "change":
            fresh = await records.verify(
                lambda one: one.change_again(reference, awaited["id"], asker)
            )
        else:
            fresh = await records.verify(lambda one: one.confirm(reference, asker))
    except CodeNotSent as error:
        dispatcher.utter_message(response="say_code_not_sent", problem=error.sentence)
        return []
    except CodeRefused:
        # The new address is not known any more.
        dispatcher.utter_message(response="say_ask_new_email")
        return [a_reply("new_email")]
    dispatcher.utter_message(response="say_ask_verification_code_again")
    return [SlotSet("awaited", {**awaited, "id": fresh})]


# --- another name or address


async def _contact(
    dispatcher: CollectingDispatcher, tracker: Tracker, name: str
) -> list[Event]:
    numbers = tracker.get_slot("references") or []
    if not numbers:
        dispatcher.utter_message(response="say_contact_elsewhere")
        return []
    expected = (tracker.get_slot("awaited") or {}).get("for")
    text = words(tracker)
    address = _ADDRESS.search(text)
    try:
        if address is not None:
            email = address.group().strip(".!?()\"'")
            asker = records.asker(tracker)
            changed = await records.verify(
                lambda one: one.change_email(numbers[-1], email, asker)
            )
            dispatcher.utter_message(response="say_ask_verification_code_change")
            return [a_code(changed, "change", numbers[-1])]
        if expected == "new_name" and name == "contact":
            given = next((c.value for c in commands(tracker) if c.field == "full_name"), text)
            await records.verify(lambda one: one.change_name(numbers[-1], given or text))
            dispatcher.utter_message(response="say_contact_name_done")
            return [SlotSet("awaited", None)]
    except (FieldError, CodeNotSent) as error:
        dispatcher.utter_message(response="say_contact_problem", problem=error.sentence)
        return []
    fields = {one.field for one in commands(tracker)}
    if name == "contact_name" or (name == "contact" and "full_name" in fields):
        dispatcher.utter_message(response="say_ask_new_name")
        return [a_reply("new_name")]
    if name == "contact_email" or expected == "new_email" or "mail" in text.casefold():
        dispatcher.utter_message(response="say_ask_new_email")
        return [a_reply("new_email")]
    dispatcher.utter_message(response="say_contact_which")
    return []
