"""The intent classifier: decides for a topic, or that the text is about none of ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
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

from bot.nlu.alone import topic_of_shape
from bot.nlu.decide import decide
from bot.nlu.encoders import Vectors, encoder
from bot.nlu.featurizer import READ, TOPIC, as_read
from bot.nlu.recogniser import Reading, Recogniser
from bot.nlu.replies.component import COMMANDS, context_of
from bot.nlu.replies.settle import REPLY, with_topic
from bot.nlu.spelling import Speller
from bot.nlu.topics import RETRIEVAL_INTENTS, Decision
from bot.understanding.commands import Command


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True
)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Sets what `topics.decided` lists on each message.

    The topic of a training example is its intent with the response key (`faq/data_used`).
    Configuration: `calibration`, a folder with `in_scope.jsonl`.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        recogniser: Recogniser | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._recogniser = recogniser

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """See `GraphComponent.get_default_config`."""
        return {"calibration": "data/calibration"}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The calibration set belongs to what the component is made from."""
        folder = Path(config.get("calibration", cls.get_default_config()["calibration"]))
        digest = hashlib.sha256()
        for path in sorted(folder.glob("*.jsonl")):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
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
    ) -> TopicClassifier:
        """See `GraphComponent.load`. A model without its recogniser does not load."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Recogniser.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the recogniser, calibrate it on questions that nobody trained on, and keep it."""
        examples = [
            e for e in training_data.intent_examples
            if e.get(TEXT) and e.get_full_intent() != REPLY
        ]
        vectors = np.stack([_vector(example) for example in examples])
        topics = [example.get_full_intent() for example in examples]
        recogniser = Recogniser.fit(vectors, [e.get(READ) for e in examples], topics)
        # The same words, so the same speller as the featurizer's.
        speller = Speller.learn([e.get(TEXT) for e in examples], encoder().vocabulary)
        recogniser = recogniser.calibrated(_questions(Path(self._config["calibration"]), speller))
        with self._model_storage.write_to(self._resource) as folder:
            recogniser.save(folder)
        self._recogniser = recogniser
        return self._resource

    def process(
        self, messages: list[Message], tracker: DialogueStateTracker | None = None
    ) -> list[Message]:
        """Decide for each message with a text, in the light of the question before it."""
        for message in messages:
            if message.get(TEXT) is not None and message.get(TOPIC) is None:
                commands = [Command.from_dict(one) for one in message.get(COMMANDS) or ()]
                decision = self._decide(message, tracker)
                for name, value in with_topic(
                    decision, commands, context_of(tracker, message)
                ).items():
                    message.set(name, value, add_to_output=True)
        return messages

    def _decide(self, message: Message, tracker: DialogueStateTracker | None) -> Decision:
        recogniser = self._recogniser
        assert recogniser is not None, "loaded or trained before it is used"
        topic = topic_of_shape(message.get(TEXT))
        if topic is not None:
            return Decision(topic, 1.0, [(topic, 1.0)])

        def read(texts: Sequence[str]) -> list[Reading]:
            vectors = encoder().encode_together(texts)
            return [*map(recogniser.read, vectors, texts)]

        text = message.get(READ)
        reading = recogniser.read(_vector(message), text)
        return decide(text, reading, recogniser.topics, read, _question_before(tracker))


def _question_before(tracker: DialogueStateTracker | None) -> str | None:
    """The person's last message, if it was answered with a topic."""
    last = tracker.latest_message if tracker else None
    if last is None or not last.text:
        return None
    return last.text if last.intent.get("name") in RETRIEVAL_INTENTS else None


def _vector(message: Message) -> Vectors:
    _, sentence = message.get_dense_features(TEXT, [])
    assert sentence is not None, "the featurizer stands before the classifier"
    return np.asarray(sentence.features[0], dtype=np.float32)


def _questions(folder: Path, speller: Speller) -> list[tuple[Vectors, str, frozenset[str]]]:
    """The calibration set's questions: vector, text as read, the topics that are right."""
    lines = (folder / "in_scope.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    texts = [as_read(row["text"], speller) for row in rows]
    accepted = [frozenset((row["topic"], *row["alt"])) for row in rows]
    return list(zip(encoder().encode_all(texts), texts, accepted, strict=True))
