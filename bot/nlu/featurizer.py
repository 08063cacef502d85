"""The featurizer: puts the encoders' sentence vector on each message."""

from __future__ import annotations

import sys
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rich.console import Console
from rich.progress import track

from bot.nlu.encoders import Encoder, encoder


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False
)
class SentenceFeaturizer(GraphComponent):
    """Adds one dense sentence feature of shape (1, 896) per message."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        """See `GraphComponent.create`."""
        return cls(encoder())

    def process(self, messages: list[Message]) -> list[Message]:
        """Encode the text of each message that has one."""
        for message in messages:
            text = message.get(TEXT)
            if text is not None:
                vector = self._encoder.encode(text).reshape(1, -1)
                message.add_features(
                    Features(vector, FEATURE_TYPE_SENTENCE, TEXT, type(self).__name__)
                )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encode every training example, with a progress bar on a terminal."""
        examples = training_data.training_examples
        # `sys.__stderr__`: while training, Rasa's own output is kept out of the way.
        console = Console(file=sys.__stderr__)
        for example in track(examples, "Reading the examples", console=console):
            self.process([example])
        return training_data
