"""The state of an objection, by its number: told for what was filed in this conversation, else once
a code has shown that the e-mail address of that number is the person's.
"""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import promises, records, verifying
from actions.awaiting import ask_for_code
from actions.base import BotAction, Event, commands, topic, words
from actions.withdrawal import TOPIC as WITHDRAWAL
from bot import patterns
from bot.objections.errors import FieldError, StorageError, UnknownReference
from bot.objections.moments import in_words
from bot.objections.references import find_reference, parse_reference
from bot.objections.service import Status
from bot.objections.state_sentences import SENTENCES

# What says that there is no number.
_HAS_NO_NUMBER = frozenset(("lost_number", "dont_know", "none", "no", "refuse"))
_QUIET = frozenset({"out_of_scope", "check_status", "affirm", "deny", None})
# "OBJ" and a digit soon after: a number is meant, also when it is not a sound one.
_GIVES_NUMBER = patterns.compile(r"\b[o0]bj\W{0,3}\w{0,4}\d", ignore_case=True)


class ValidateStatusForm(BotAction):
    """Takes the reference out of the message; other questions are left to the rules."""

    def name(self) -> str:
        return "validate_status_form"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if tracker.latest_message.get("in_distress"):
            return []  # not for the form: a rule answers it
        if topic(tracker)[0] in verifying.TOPICS:
            return await verifying.take(dispatcher, tracker)
        if (topic(tracker)[0] or "").partition("/")[0] == WITHDRAWAL:
            return []  # its number is not one to look up
        text = words(tracker)
        reference = find_reference(text)
        if reference:
            return [SlotSet("reference", [reference])]
        if tracker.get_slot("requested_slot") is None and not _GIVES_NUMBER.search(text):
            # Whoever has just filed here means what was filed here.
            own = tracker.get_slot("references")
            return [SlotSet("reference", own)] if own else []
        if any(one.do in _HAS_NO_NUMBER for one in commands(tracker)):
            # Whoever has no number cannot go on here: the form ends.
            return [SlotSet("requested_slot", None)]
        if topic(tracker)[0] not in _QUIET and not _GIVES_NUMBER.search(text):
            return []
        try:
            return [SlotSet("reference", [parse_reference(text)])]
        except FieldError as error:
            dispatcher.utter_message(response="say_status_problem", problem=error.sentence)
            return [SlotSet("reference", None)]


class TellStatus(BotAction):
    """Says what is on record under the number that was given."""

    def name(self) -> str:
        return "action_tell_status"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        references = tracker.get_slot("reference")
        events: list[Event] = []
        if references is None:
            dispatcher.utter_message(response="say_status_no_number")
        own = tracker.get_slot("references") or ()
        for reference in references or ():
            if reference in own:
                await _tell(dispatcher, reference)
            else:
                events = await ask_for_code(dispatcher, tracker, reference, "status")
        return [*events, SlotSet("reference", None)]

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        dispatcher.utter_message(response="say_status_failed")
        return [SlotSet("reference", None)]


class StatusWhileFiling(BotAction):
    """In the middle of a filing, tells the state of what was filed here before; another waits."""

    def name(self) -> str:
        return "action_status_while_filing"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        reference = find_reference(words(tracker))
        if reference in (tracker.get_slot("references") or ()):
            await _tell(dispatcher, str(reference))
        elif reference is None and _GIVES_NUMBER.search(words(tracker)):
            dispatcher.utter_message(response="say_status_unknown", problem=_mistake(tracker))
        else:
            dispatcher.utter_message(response="say_status_while_filing")
        return []


class LeaveStatus(BotAction):
    """The person does not want to know any more."""

    def name(self) -> str:
        return "action_leave_status"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if topic(tracker)[0] == "cancel":
            dispatcher.utter_message(response="say_status_left")
        return [ActiveLoop(None), SlotSet("reference", None), SlotSet("requested_slot", None)]


def _mistake(tracker: Tracker) -> str:
    try:
        parse_reference(words(tracker))
    except FieldError as error:
        return error.sentence
    return UnknownReference().sentence


async def _tell(dispatcher: CollectingDispatcher, reference: str) -> None:
    try:
        status = await records.ask(lambda service: service.status(reference))
    except UnknownReference as error:
        dispatcher.utter_message(response="say_status_unknown", problem=error.sentence)
    except StorageError:
        dispatcher.utter_message(response="say_status_failed")
    else:
        dispatcher.utter_message(response="say_status", **_values(status))


def _values(status: Status) -> dict[str, str]:
    count = status.account_count
    sent = status.letter_sent_at
    return {
        "reference": status.reference,
        "received": in_words(status.received_at.date()),
        "accounts": "one account" if count == 1 else f"{count} accounts",
        "state": SENTENCES[status.case_status].state,
        "promise": promises.in_the_status(status),
        # Said by a helper alone: see `bot/runtime/wording.py`.
        "letter": (
            f"The letter was sent on {in_words(sent.date())}."
            if sent is not None
            else "The letter has not been sent yet; it is tried again by itself."
        ),
        "address": "" if status.is_verified else "Its e-mail address is not confirmed yet.",
    }
