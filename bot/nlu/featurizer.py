"""The featurizer: puts the encoders' sentence vector on each message."""

from __future__ import annotations

import sys
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rich.console import Console
from rich.progress import track

from bot import patterns
from bot.nlu.alone import NUMBER, topic_of_shape
from bot.nlu.encoders import Encoder, Vectors, capped, encoder
from bot.nlu.spelling import Speller

# Message properties: the text as it was read, the part of it that is to be read, what was decided.
READ, TO_READ, TOPIC = "read", "to_read", "topic"
# The number of an objection; its random characters say nothing about what is meant with it.
_NUMBER = patterns.compile(rf"\b{NUMBER}(?!\w)", ignore_case=True)


def is_to_be_read(message: Message) -> bool:
    """Whether a topic is to be found: not where the commands say all, or the shape of the text."""
    return message.get(TOPIC) is None and topic_of_shape(message.get(TEXT)) is None


def as_read(text: str, speller: Speller) -> str:
    """A text as it is read for understanding: bounded, slips corrected, numbers replaced."""
    return speller.correct(capped(_NUMBER.sub("my objection", text)))


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True
)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds one dense sentence feature of shape (1, 896) per message.

    A featurizer as Rasa knows them, so that its own classifiers can follow it too.

    The text is read with its slips corrected; the property `read` of the message holds it so.
    """

    def __init__(
        self,
        config: dict[str, Any],
        encoder: Encoder,
        model_storage: ModelStorage,
        resource: Resource,
        speller: Speller | None = None,
    ) -> None:
        super().__init__(type(self).__name__, config)
        self._encoder = encoder
        self._model_storage = model_storage
        self._resource = resource
        self._speller = speller

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """See `Featurizer.validate_config`. There is nothing to configure."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        """See `GraphComponent.create`."""
        return cls(config, encoder(), model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceFeaturizer:
        """See `GraphComponent.load`. A model without its speller does not load."""
        with model_storage.read_from(resource) as folder:
            speller = Speller.load(folder / "speller.json")
        return cls(config, encoder(), model_storage, resource, speller)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words that corrections may lead to."""
        texts = [example.get(TEXT) for example in training_data.training_examples]
        speller = Speller.learn(filter(None, texts), self._encoder.vocabulary)
        with self._model_storage.write_to(self._resource) as folder:
            speller.save(folder / "speller.json")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Encode the text of each message that has one, unless its shape says all."""
        for message in messages:
            if message.get(TEXT) is not None and is_to_be_read(message):
                self._put(message, self._encoder.encode(self._read(message)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encode every training example, with a progress bar on a terminal."""
        examples = [e for e in training_data.training_examples if e.get(TEXT) is not None]
        vectors = self._encoder.encode_all([self._read(example) for example in examples])
        # `sys.__stderr__`: while training, Rasa's own output is kept out of the way.
        console = Console(file=sys.__stderr__)
        progress = track(vectors, "Reading the examples", len(examples), console=console)
        for example, vector in zip(examples, progress, strict=True):
            self._put(example, vector)
        return training_data

    def _read(self, message: Message) -> str:
        assert self._speller is not None, "trained or loaded before it is used"
        read = as_read(message.get(TO_READ) or message.get(TEXT), self._speller)
        message.set(READ, read)
        return read

    def _put(self, message: Message, vector: Vectors) -> None:
        self.add_features_to_message(None, vector.reshape(1, -1), TEXT, message)
