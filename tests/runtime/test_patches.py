"""What is replaced of Rasa's does what it is for, and Rasa is still as this takes for granted."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from rasa.core import processor
from rasa.core.actions import forms
from rasa.core.policies import rule_policy

from tests.conftest import python

ANSWERED = """
import jsonschema
from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from bot.runtime import patches

times = []
real = Draft202012Validator.check_schema
Draft202012Validator.check_schema = lambda *given, **named: times.append(1) or real(*given, **named)


def taken(result):
    try:
        return RemoteAction("action_one", None)._validate_action_result(result)
    except jsonschema.ValidationError:
        return False


def two():
    times.clear()
    wrong = {"events": [{"event": "slot", "name": 1}]}
    right = {"events": [{"event": "slot", "name": "a", "value": None}], "responses": []}
    return taken(right), taken(wrong), len(times)


print(two())
patches.apply()
print(two())
"""


def test_what_an_action_answers_is_taken_as_it_is() -> None:
    """The first line is why there is a patch: Rasa checks its own schema for each answer."""
    assert python(ANSWERED).splitlines() == ["(True, False, 2)", "(True, True, 0)"]


REMEMBERED = """
import rasa.shared.utils.common as common
from rasa.shared.core.events import Event, SlotSet, deserialise_events
from bot.runtime import patches

searched = []
real = common.all_subclasses
common.all_subclasses = lambda cls: (cls is Event and searched.append(cls)) or real(cls)


def three():
    searched.clear()
    read = deserialise_events([{"event": "slot", "name": name, "value": 1} for name in "abc"])
    return read == [SlotSet(name, 1) for name in "abc"], len(searched)


print(three())
patches.apply()
patches.apply()
print(three())
print(three())
"""


def test_the_kinds_of_events_are_looked_for_once() -> None:
    """The first line is why there is a patch: Rasa goes through all classes for each event."""
    assert python(REMEMBERED).splitlines() == ["(True, 3)", "(True, 1)", "(True, 0)"]


COPIED = """
import copy
from rasa.core import processor
from bot.runtime import patches

value = [1]
print(processor.copy.deepcopy(value) is value, processor.copy is copy)
patches.apply()
print(processor.copy.deepcopy(value) is value, copy.deepcopy(value) is value)
"""


def test_nothing_is_copied_for_the_log() -> None:
    assert python(COPIED).splitlines() == ["False True", "True False"]


@pytest.mark.parametrize("module", [processor, forms, rule_policy], ids=lambda one: one.__name__)
def test_rasa_copies_there_for_its_log_and_for_nothing_else(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
    copies = [node for node in ast.walk(tree) if _is_copy(node)]
    logged = [
        keyword.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("structlogger.")
        for keyword in call.keywords
    ]
    assert copies and all(any(copy is value for value in logged) for copy in copies)


def _is_copy(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("copy.")
