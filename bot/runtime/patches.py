"""The one place where something of Rasa's is replaced; `tests/runtime/test_patches.py` fails when
Rasa changes under it.

Rasa compares what an action answered with a JSON schema, and before that the schema, each time
anew, with the schema of schemas: half the time of a turn. Here no other server answers, but our own
actions, and the tests of the conversations make that comparison.

For each event that is read it goes through all classes of events; here it remembers what it found.
It copies what it would log, whether that is logged or not; here nothing is copied for it.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

__all__ = ["apply"]


def apply() -> None:
    """Replace it; twice is once."""
    with_answers_taken_as_they_are()
    with_kinds_of_events_remembered()
    with_nothing_copied_for_the_log()


def with_answers_taken_as_they_are() -> None:
    """Let Rasa take what an action answers without a comparison."""
    from rasa.core.actions.action import RemoteAction

    RemoteAction._validate_action_result = lambda self, result: True


def with_kinds_of_events_remembered() -> None:
    """Let Rasa look for the class of a kind of event once, and not for each event."""
    from rasa.shared.core.events import Event

    if not hasattr(Event.resolve_by_type, "cache_info"):
        Event.resolve_by_type = staticmethod(lru_cache(maxsize=256)(Event.resolve_by_type))


def with_nothing_copied_for_the_log() -> None:
    """Let Rasa hand to its log what it has."""
    from rasa.core import processor
    from rasa.core.actions import forms
    from rasa.core.policies import rule_policy

    def as_it_is(value: Any) -> Any:
        return value

    for module in (processor, forms, rule_policy):
        module.copy = SimpleNamespace(deepcopy=as_it_is)
