"""Files the confirmed draft. "Recorded" is said here, after the commit, and nowhere else."""

from __future__ import annotations

import structlog
from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import promises, records
from actions.base import BotAction, Event
from actions.filing import draft
from actions.filing.form import set_slots
from actions.verifying import after_filing
from bot.objections.errors import FieldError, StorageError
from bot.objections.service import Filed, FiledObjection

log = structlog.get_logger()


class FileObjection(BotAction):
    """Hands the draft to the service. Safe to repeat: a draft is recorded once."""

    def name(self) -> str:
        return "action_file_objection"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        try:
            asker = records.asker(tracker)
            filed = await records.ask(
                lambda service: service.file(draft.filing(tracker.slots), asker)
            )
        except FieldError as error:
            if error.field not in draft.FIELDS:
                raise
            dispatcher.utter_message(response="say_file_problem", problem=error.sentence)
            return _ask_again(error.field)
        except StorageError as error:
            log.error("filing_failed", code=error.code)
            dispatcher.utter_message(response="say_file_failed")
            return _ask_again("objection_confirmed")
        return await tell(dispatcher, tracker, filed)

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        # A time limit says nothing about how the transaction ended.
        dispatcher.utter_message(response="say_file_unsure")
        return [*_ask_again("objection_confirmed"), SlotSet("attempted", True)]


class CancelObjection(BotAction):
    """Ends the draft and leaves nothing of it, unless it turns out to be recorded already."""

    def name(self) -> str:
        return "action_cancel_objection"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        ended = [ActiveLoop(None), SlotSet("requested_slot", None)]
        if tracker.get_slot("attempted"):
            draft_id = tracker.get_slot("draft_id")
            filed = await records.ask(lambda service: service.find(draft_id))
            if filed is not None:
                return [*await tell(dispatcher, tracker, filed), *ended]
        dispatcher.utter_message(response="say_file_cancelled")
        return [*set_slots(draft.emptied()), *ended]

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        # Nobody knows whether there is something to keep: the draft stays as it is.
        dispatcher.utter_message(response="say_file_unsure")
        return [SlotSet("requested_slot", None), ActiveLoop("objection_form")]


async def tell(
    dispatcher: CollectingDispatcher, tracker: Tracker, filed: Filed
) -> list[Event]:
    """Say that objections are on record, and end the draft."""
    fresh = [one for one in filed.objections if not one.stood]
    for one in filed.objections:
        if one.stood:
            dispatcher.utter_message(
                response="say_file_stood", reference=one.reference, covered=_covered(one)
            )
    if fresh:
        _tell_recorded(dispatcher, filed, fresh)
    earlier = tracker.get_slot("references") or []
    references = dict.fromkeys([*earlier, *(one.reference for one in filed.objections)])
    events = [*set_slots(draft.emptied()), SlotSet("references", list(references))]
    if fresh:
        try:
            events += await after_filing(dispatcher, tracker, fresh[0].reference)
        except StorageError as error:
            # The objections are on record all the same, and that has been said.
            log.error("code_not_looked_up", code=error.code)
    return events


def _tell_recorded(
    dispatcher: CollectingDispatcher, filed: Filed, fresh: list[FiledObjection]
) -> None:
    count = len(fresh)
    dispatcher.utter_message(
        response="say_file_done" if count == 1 else "say_file_done_several",
        objections=_listed(fresh),
        count=str(count),
        promise=promises.after_filing(filed),
        # One message holds one file: the receipt of a single objection comes with this one.
        reference=fresh[0].reference,
    )
    if count > 1:
        for position, one in enumerate(fresh, start=1):
            dispatcher.utter_message(
                response="say_file_receipt",
                position=str(position),
                count=str(count),
                reference=one.reference,
            )
    dispatcher.utter_message(response="say_file_limits")


def _ask_again(field: str) -> list[Event]:
    """Events that open the form again at one field, with everything else as it was."""
    # `requested_slot` is None so that the "yes" that led here is not read as another one.
    return [
        SlotSet("objection_confirmed", None),
        SlotSet(field, None),
        ActiveLoop("objection_form"),
        SlotSet("requested_slot", None),
    ]


def _listed(objections: list[FiledObjection]) -> str:
    return "\n".join(f"- {one.reference}: {_covered(one)}" for one in objections)


def _covered(objection: FiledObjection) -> str:
    """The accounts without their names: this message stays in the conversation after the filing."""
    first, *others = objection.accounts
    covered = f"your {first.platform.title()} account"
    if others:
        more = "one more" if len(others) == 1 else f"{len(others)} more"
        covered += f" and {more} in the same Accounts Center"
    return covered
