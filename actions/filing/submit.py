"""Files the confirmed draft. "Recorded" is said here, after the commit, and nowhere else."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import records
from actions.base import BotAction, Event
from actions.filing import draft
from actions.filing.form import set_slots
from bot.objections.errors import FieldError
from bot.objections.service import Filed, FiledObjection


class FileObjection(BotAction):
    """Hands the draft to the service. Safe to repeat: a draft is recorded once."""

    def name(self) -> str:
        return "action_file_objection"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        try:
            filed = await records.ask(lambda service: service.file(draft.filing(tracker.slots)))
        except FieldError as error:
            dispatcher.utter_message(response="say_file_problem", problem=error.sentence)
            return _ask_again(error.field)
        count = len(filed.objections)
        dispatcher.utter_message(
            response="say_file_done" if count == 1 else "say_file_done_several",
            objections=_listed(filed),
            count=str(count),
        )
        dispatcher.utter_message(response="say_file_limits")
        references = [one.reference for one in filed.objections]
        return [*set_slots(draft.emptied()), SlotSet("references", references)]

    def failed(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        dispatcher.utter_message(response="say_file_failed")
        return _ask_again("objection_confirmed")


def _ask_again(field: str) -> list[Event]:
    """Events that open the form again at one field, with everything else as it was."""
    # `requested_slot` is None so that the "yes" that led here is not read as another one.
    return [
        SlotSet("objection_confirmed", None),
        SlotSet(field, None),
        ActiveLoop("objection_form"),
        SlotSet("requested_slot", None),
    ]


def _listed(filed: Filed) -> str:
    return "\n".join(f"- {one.reference}: {_covered(one)}" for one in filed.objections)


def _covered(objection: FiledObjection) -> str:
    """The accounts without their names: this message stays in the conversation after the filing."""
    first, *others = objection.accounts
    covered = f"your {first.platform.title()} account"
    if others:
        more = "one more" if len(others) == 1 else f"{len(others)} more"
        covered += f" and {more} in the same Accounts Center"
    return covered
