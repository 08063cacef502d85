"""The one place where something of Rasa's is replaced; `tests/runtime/test_patches.py` fails when
Rasa changes under it.

Rasa compares what an action answered with a JSON schema, and before that the schema, each time
anew, with the schema of schemas: half the time of a turn. Here the schema is checked once.

For each event that is read it goes through all classes of events; here it remembers what it found.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["with_kinds_of_events_remembered", "with_schema_checked_once"]


def with_schema_checked_once() -> None:
    """Let Rasa check what actions answer by a validator that is made once, and not for each."""
    from jsonschema.validators import validator_for
    from rasa.core.actions.action import RemoteAction

    schema = RemoteAction.action_response_format_spec()
    made = validator_for(schema)
    made.check_schema(schema)
    validator = made(schema)

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def with_kinds_of_events_remembered() -> None:
    """Let Rasa look for the class of a kind of event once, and not for each event."""
    from rasa.shared.core.events import Event

    if not hasattr(Event.resolve_by_type, "cache_info"):
        Event.resolve_by_type = staticmethod(lru_cache(maxsize=256)(Event.resolve_by_type))
