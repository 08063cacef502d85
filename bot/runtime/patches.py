"""The one place where something of Rasa's is replaced; `tests/runtime/test_patches.py` fails when
Rasa changes under it.

Three modules of Rasa pull TensorFlow into every process, also into one that only serves. Two hold
what trains neural networks, and none of ours is one; the third checks a training's configuration,
and a model names it. Without them a process that serves takes some 300 MB less memory and starts
in about half the time.

Rasa compares what an action answered with a JSON schema, and before that the schema, each time
anew, with the schema of schemas: half the time of a turn. Here the schema is checked once.

For each event that is read it goes through all classes of events; here it remembers what it found.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from types import ModuleType
from typing import Any

__all__ = [
    "TRAINING_ONLY", "with_kinds_of_events_remembered", "with_schema_checked_once",
    "without_tensorflow",
]

# What `rasa/utils/train_utils.py` takes from two of them, and a model's record of its training from
# the third.
TRAINING_ONLY = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
}


def without_tensorflow() -> None:
    """Put stand-ins in the place of the modules; call it before Rasa is imported.

    A process that has done this can serve a model and cannot train one. Does nothing where they are
    imported already.
    """
    for name, classes in TRAINING_ONLY.items():
        if name not in sys.modules:
            module = ModuleType(name, "Stands in for a module that is only needed for training.")
            for class_name in classes:
                setattr(module, class_name, type(class_name, (_OnlyForTraining,), {}))
            sys.modules[name] = module


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


class _OnlyForTraining:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("This process serves; train in another one.")
