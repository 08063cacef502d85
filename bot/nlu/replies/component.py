"""The component that reads replies: puts the commands of a message on it, and what is for the
rules.

It stands first in the pipeline. What it settles needs no topic and is not encoded again; what asks
something, or arrives while nothing is asked for, goes on to the recogniser of topics.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.distress import in_distress
from bot.nlu.encoders import Vectors, encoder
from bot.nlu.featurizer import TO_READ
from bot.nlu.replies.lines import Line, line_of, read_lines
from bot.nlu.replies.model import ReplyModel
from bot.nlu.replies.settle import TAKE_BACK, settled
from bot.nlu.replies.understand import understand
from bot.settings import ROOT
from bot.understanding import scan
from bot.understanding.commands import Command
from bot.understanding.context import OFFERS, Context, asked_for

__all__ = ["COMMANDS", "ReplyReader", "context_of", "encode"]

# The message property that says what it does.
COMMANDS = "commands"
_SLOTS = (
    "draft_id",
    "requested_slot",
    "summary_shown",
    "pending_account",
    "mentioned_accounts",
    "asked_back",
    "full_name",
    "account",
    "linked_accounts",
    "unlinked_accounts",
    "awaited",
    "references",
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ReplyReader(GraphComponent, IntentClassifier):
    """Sets `commands` on each message, and decides where they say all.

    Configuration: `lines`, the folder with the training data of replies.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: ReplyModel | None = None,
    ) -> None:
        self._config, self._model_storage, self._resource = config, model_storage, resource
        self._model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """See `GraphComponent.get_default_config`."""
        return {"lines": "data/replies"}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What it is made from: the lines, the lists, and the code that learns from them."""
        folder = Path(config.get("lines", cls.get_default_config()["lines"]))
        digest = hashlib.sha256()
        code = (Path(__file__).parent, Path(scan.__file__).parent)
        found = [*folder.glob("*.yml"), *(ROOT / "data" / "lists").glob("*.json")]
        for path in sorted([*found, *(file for one in code for file in one.glob("*.py"))]):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ReplyReader:
        """See `GraphComponent.create`."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ReplyReader:
        """See `GraphComponent.load`. A model without its replies does not load."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, ReplyModel.load(folder, encode))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the lines of the folder, and what is said while nothing is asked for from
        Rasa's own training data too."""
        lines = list(read_lines(Path(self._config["lines"])))
        whole = [*_of_topics(training_data)]
        with self._model_storage.write_to(self._resource) as folder:
            ReplyModel.learn(lines, folder, _encode_many, whole)
            self._model = ReplyModel.load(folder, encode)
        return self._resource

    def process(
        self, messages: list[Message], tracker: DialogueStateTracker | None = None
    ) -> list[Message]:
        """Understand each message with a text in the light of what was asked for."""
        assert self._model is not None, "loaded or trained before it is used"
        for message in messages:
            text = message.get(TEXT)
            if text is None:
                continue
            context = context_of(tracker, message)
            commands = understand(text, context, self._model)
            if in_distress(text):
                # What was given stays given; nothing else of it is for anybody but a person.
                kept = [one.as_dict() for one in commands if one.do in ("set", "account")]
                message.set(COMMANDS, kept, add_to_output=True)
                continue
            message.set(COMMANDS, [one.as_dict() for one in commands], add_to_output=True)
            decision = settled(commands, context)
            if decision is None:
                message.set(TO_READ, _asks(commands, context) or text)
            for name, value in (decision or {}).items():
                message.set(name, value, add_to_output=True)
        return messages


# What the examples of an intent do, in the words of `ACTS`.
_ACT_OF = {
    "faq": "ask", "not_covered": "ask", "out_of_scope": "off", "file_objection": "file",
    "check_status": "status", "withdraw_objection": "withdraw", "start_over": "start_over",
    "cancel": "stop", "human_handoff": "human", "chat_privacy": "privacy", "greet": "greet",
    "goodbye": "bye", "thank": "thanks", "affirm": "yes", "deny": "no", "bot_challenge": "bot",
}  # fmt: skip


def _of_topics(training_data: TrainingData) -> Iterator[Line]:
    for example in training_data.intent_examples:
        act = _ACT_OF.get(example.get("intent"))
        line = line_of(example.get(TEXT) or "", act) if act else None
        if line is not None:
            yield line


def context_of(tracker: DialogueStateTracker | None, message: Message | None = None) -> Context:
    """The context of the message that comes next in a conversation."""
    about = (message.get("metadata") if message else None) or {}
    offers = tuple(about.get(OFFERS, ()))
    if tracker is None:
        return Context(offers=offers)
    slots = {name: tracker.get_slot(name) for name in _SLOTS if name in tracker.slots}
    asked = asked_for(slots, tracker.active_loop_name)
    if tracker.active_loop_name is None and any(one.startswith(TAKE_BACK) for one in offers):
        asked = "withdraw_confirm"
    return Context(asked, slots, offers)


def _asks(commands: Sequence[Command], context: Context) -> str:
    """The words of the parts that ask something, where the message does something else as well."""
    asks = [one.text for one in commands if one.do in ("ask", "off") and one.text]
    return " ".join(asks) if len(asks) < len(commands) and context.asked != "open" else ""


def encode(texts: Sequence[str]) -> Vectors:
    return np.asarray(encoder().encode_together(texts))


def _encode_many(texts: Sequence[str]) -> Vectors:
    return np.stack(list(encoder().encode_all(texts)))
