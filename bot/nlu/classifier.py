"""The intent classifier: decides for a topic, or that the text is about none of ours."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import heads
from bot.nlu.encoders import encoder
from bot.nlu.topics import OUT_OF_SCOPE, decision, response_selector

RANKED = 3
# A pasted reference asks for its state, whatever stands around it, unless more words say otherwise.
_REFERENCE_ONLY = re.compile(r"\W*OBJ[- ]?(?:[0-9A-Z]{4}[- ]?){4}[0-9A-Z*~$=]?\W*", re.IGNORECASE)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True
)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Sets `intent`, `intent_ranking` and `response_selector` of each message.

    The topic of a training example is its intent with the response key (`faq/data_used`).
    Configuration: `calibration`, a folder with `in_scope.jsonl` and `out_of_scope.jsonl`.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        learned: tuple[heads.TopicHead, heads.Gate] | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._learned = learned

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
        """See `GraphComponent.load`. A model without its heads does not load."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, heads.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn both heads, calibrate the gate, and keep them."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        vectors = np.stack([_vector(example) for example in examples])
        topics = [example.get_full_intent() for example in examples]
        topic_head, gate = heads.fit(vectors, topics)
        folder = Path(self._config["calibration"])
        gate = gate.calibrated(
            _vectors_of(folder / "in_scope.jsonl"), _vectors_of(folder / "out_of_scope.jsonl")
        )
        self._learned = topic_head, gate
        with self._model_storage.write_to(self._resource) as directory:
            heads.save(directory, topic_head, gate)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Decide for each message that has a vector."""
        for message in messages:
            if message.get(TEXT) is not None:
                self._decide(message)
        return messages

    def _decide(self, message: Message) -> None:
        assert self._learned is not None, "loaded or trained before it is used"
        topic_head, gate = self._learned
        vector = _vector(message)
        ranking = topic_head.ranking(vector)
        topic, confidence = ranking[0]
        if _REFERENCE_ONLY.fullmatch(message.get(TEXT)):
            topic, confidence = "check_status", 1.0
        elif not gate.lets_in(vector):
            topic, confidence = OUT_OF_SCOPE, 1.0
        message.set("intent", decision(topic, confidence), add_to_output=True)
        message.set(
            "intent_ranking",
            [{"name": name, "confidence": score} for name, score in ranking[:RANKED]],
            add_to_output=True,
        )
        message.set("response_selector", response_selector(ranking), add_to_output=True)


def _vector(message: Message) -> heads.Array:
    _, sentence = message.get_dense_features(TEXT, [])
    assert sentence is not None, "the featurizer stands before the classifier"
    return np.asarray(sentence.features[0], dtype=np.float32)


def _vectors_of(path: Path) -> heads.Array:
    lines = path.read_text(encoding="utf-8").splitlines()
    return np.stack([encoder().encode(json.loads(line)["text"]) for line in lines if line.strip()])
