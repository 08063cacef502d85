"""The form: begins a draft, asks for its fields, reads the replies, ends it."""

from __future__ import annotations

import uuid
from abc import abstractmethod
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import records
from actions.base import BotAction, Event, commands, topic, words
from actions.filing import draft, login
from actions.filing.apply import apply, summary_refused
from actions.filing.declarations import is_declaration
from actions.withdrawal import agreed
from bot.objections.countries import country_name
from bot.understanding.context import asked_for

# What is for the form has this topic (bot/nlu/replies/settle.py).
REPLY = "reply"


def set_slots(values: dict[str, Any]) -> list[Event]:
    """Slot values as Rasa events."""
    return [SlotSet(name, value) for name, value in values.items()]


class BeginObjection(BotAction):
    """Says what is asked and why, and gives the draft the id under which it is recorded once."""

    def name(self) -> str:
        return "action_begin_objection"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if is_declaration(words(tracker)):
            dispatcher.utter_message(response="say_file_declaration")
        conversation = tracker.sender_id
        shown = await records.ask(lambda service: service.show_notice(conversation))
        begun = {**draft.emptied(), "draft_id": uuid.uuid4().hex, "notice_display": shown}
        before = tracker.get_slot("references")
        known = before and await records.ask(lambda service: service.known(before[-1]))
        if known:
            dispatcher.utter_message(response="say_file_begin_again")
            return set_slots({**begun, **draft.from_before(known)})
        dispatcher.utter_message(response="say_file_begin")
        return set_slots({**begun, **_from_login(dispatcher, tracker)})

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        # Nothing was written down that the filing needs: it goes on, with everything asked for.
        dispatcher.utter_message(response="say_file_begin")
        known = _from_login(dispatcher, tracker)
        return set_slots({**draft.emptied(), "draft_id": uuid.uuid4().hex, **known})


def _from_login(dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
    """Say what is taken from the person's login, if anything; the slots that hold it."""
    known = login.taken_over(tracker)
    if known:
        dispatcher.utter_message(response="say_file_login", known=draft.summary(known, known))
    return known


class ValidateObjectionForm(BotAction):
    """Fills the form's slots from the last message. See `reading`."""

    def name(self) -> str:
        return "validate_objection_form"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if agreed(tracker):
            return []  # a button from before this filing
        slots = tracker.slots
        begins = slots.get("requested_slot") is None
        in_distress = tracker.latest_message.get("in_distress")
        if not begins and topic(tracker)[0] != REPLY and not in_distress:
            return []  # a rule answers it
        asked = "open" if begins else asked_for(slots, "objection_form")
        outcome = apply(slots, commands(tracker), asked, login.answered(tracker))
        asides = tracker.latest_message.get("asides")
        if in_distress and outcome.slots:
            # What was given beside it stays given.
            dispatcher.utter_message(response="say_distress", buttons=[])
        elif not outcome.slots and not (begins and asides):
            return []
        for note in outcome.notes:
            dispatcher.utter_message(response=note.response, **note.values)
        # A question beside an answer: both get what they want, and then the form goes on.
        for name in asides or ():
            dispatcher.utter_message(response=f"utter_{name}")
        if asides == [] and not begins:
            dispatcher.utter_message(response="say_file_aside_unclear")
        if tracker.get_slot("draft_id") is None:
            # Its beginning failed, and without an id nothing could be filed.
            outcome.slots["draft_id"] = uuid.uuid4().hex
        return set_slots(outcome.slots)


class RestartObjection(BotAction):
    """Ends the draft and begins another."""

    def name(self) -> str:
        return "action_restart_objection"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        dispatcher.utter_message(response="say_file_restarted")
        begun = {"draft_id": uuid.uuid4().hex, "notice_display": tracker.get_slot("notice_display")}
        ended = set_slots({**draft.emptied(), **begun})
        known = login.taken_over(tracker)
        if known:
            # Without the values: what is said in this turn goes with the draft that it ends.
            dispatcher.utter_message(response="say_file_login_stays", known=draft.titles(known))
        # After the new id, and so not of the draft that has ended.
        return [*ended, *set_slots(known)]


class AskField(BotAction):
    """Asks for one field; the response is `say_ask_<field>`."""

    @property
    @abstractmethod
    def field(self) -> str:
        """The slot that it asks for."""

    def name(self) -> str:
        return f"action_ask_{self.field}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if not self.asks_back(dispatcher, tracker):
            self.ask(dispatcher, tracker, f"say_ask_{self.field}", **self.values(tracker))
        return []

    def asks_back(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
        """Ask the yes-or-no question that stands for this field, if there is one."""
        question = tracker.get_slot("asked_back") or {}
        if question.get("field") != self.field:
            return False
        value = question["value"]
        self.ask(
            dispatcher,
            tracker,
            f"say_ask_back_{question['kind']}",
            value=country_name(value) if self.field == "country" else value,
            typed=question["typed"],
        )
        return True

    def asks_for_half(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
        """Ask for the other half of an account, if one half of it was given: nothing else then."""
        known = tracker.get_slot("pending_account")
        if not known or tracker.get_slot("asked_back"):
            return False
        if "handle" in known:
            self.ask(dispatcher, tracker, "say_ask_platform", handle=known["handle"])
        else:
            platform = known["platform"].title()
            self.ask(dispatcher, tracker, "say_ask_handle", platform=platform)
        return True

    def ask(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, response: str, **values: Any
    ) -> None:
        """Ask by this response. What needs no asking goes along, for whoever counts the steps."""
        answered = login.answered(tracker)
        if answered:
            values["answered"] = answered
        dispatcher.utter_message(response=response, **values)

    def values(self, tracker: Tracker) -> dict[str, Any]:
        """The values in the response."""
        return {}


class AskFullName(AskField):
    field = "full_name"


class AskEmail(AskField):
    field = "email"


class AskCountry(AskField):
    field = "country"


class AskReason(AskField):
    field = "reason"


class AskReference(AskField):
    field = "reference"


class AskAccounts(AskField):
    """Asks about accounts; where half of one was given, for its other half alone."""

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if not self.asks_for_half(dispatcher, tracker):
            return await super().act(dispatcher, tracker)
        return []


class AskAccount(AskAccounts):
    field = "account"


class AskLinkedAccounts(AskAccounts):
    field = "linked_accounts"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        mentioned = tracker.get_slot("mentioned_accounts")
        if not mentioned:
            return await super().act(dispatcher, tracker)
        if self.asks_for_half(dispatcher, tracker):
            return []
        values = {**self.values(tracker), "others": draft.labels(mentioned)}
        self.ask(dispatcher, tracker, "say_ask_linked_mentioned", **values)
        return []

    def values(self, tracker: Tracker) -> dict[str, str]:
        return {"account": draft.shown("account", tracker.get_slot("account"))}


class AskUnlinkedAccounts(AskAccounts):
    field = "unlinked_accounts"

    def values(self, tracker: Tracker) -> dict[str, str]:
        return {"account": draft.shown("account", tracker.get_slot("account"))}


class AskConfirmation(AskField):
    """Shows everything that would be filed; after a "no" it asks what should be different."""

    field = "objection_confirmed"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        was_shown = tracker.get_slot("requested_slot") == self.field
        if was_shown and tracker.get_slot("summary_shown") is None and summary_refused(
            commands(tracker)
        ):
            self.ask(dispatcher, tracker, "say_file_what_to_change")
            return [SlotSet("summary_shown", None)]
        await super().act(dispatcher, tracker)
        return [SlotSet("summary_shown", True)]

    def values(self, tracker: Tracker) -> dict[str, Any]:
        # The same twice: as text for every client, and by line for those that draw it.
        return {"summary": draft.summary(tracker.slots), "card": draft.card(tracker.slots)}
