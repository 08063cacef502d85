"""What is replaced of Rasa's does what it is for, and Rasa is still as this takes for granted."""

from __future__ import annotations

from tests.conftest import python

CHECKED = """
import jsonschema
from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from bot.runtime.patches import with_schema_checked_once

times = []
real = Draft202012Validator.check_schema
Draft202012Validator.check_schema = lambda *given, **named: times.append(1) or real(*given, **named)


def checked(result):
    try:
        return RemoteAction("action_one", None)._validate_action_result(result)
    except jsonschema.ValidationError:
        return False


def three():
    times.clear()
    wrong = {"events": [{"event": "slot", "name": 1}]}
    right = {"events": [{"event": "slot", "name": "a", "value": None}], "responses": []}
    return checked(right), checked(wrong), checked({"responses": [1]}), len(times)


print(three())
with_schema_checked_once()
print(three())
"""


def test_what_an_action_answers_is_checked_as_before_and_the_schema_itself_only_once() -> None:
    """The first line is why there is a patch: Rasa checks the schema for each answer."""
    assert python(CHECKED).splitlines() == ["(True, False, False, 3)", "(True, False, False, 0)"]


REMEMBERED = """
import rasa.shared.utils.common as common
from rasa.shared.core.events import Event, SlotSet, deserialise_events
from bot.runtime.patches import with_kinds_of_events_remembered

searched = []
real = common.all_subclasses
common.all_subclasses = lambda cls: (cls is Event and searched.append(cls)) or real(cls)


def three():
    searched.clear()
    read = deserialise_events([{"event": "slot", "name": name, "value": 1} for name in "abc"])
    return read == [SlotSet(name, 1) for name in "abc"], len(searched)


print(three())
with_kinds_of_events_remembered()
with_kinds_of_events_remembered()
print(three())
print(three())
"""


def test_the_kinds_of_events_are_looked_for_once() -> None:
    """The first line is why there is a patch: Rasa goes through all classes for each event."""
    assert python(REMEMBERED).splitlines() == ["(True, 3)", "(True, 1)", "(True, 0)"]
