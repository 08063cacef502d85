"""A small recogniser of its own: four topics, six examples each, and what is none of them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from bot.nlu.encoders import Vectors, encoder
from bot.nlu.recogniser import Recogniser

EXAMPLES = {
    "faq/data_excluded": ["are my private messages used", "do they read my dms", "is my chat safe",
                          "what about direct messages", "are private chats left out", "my dms"],
    "faq/effective_date": ["when does it start", "from which date", "what day does it begin",
                           "since when is this", "when will the new policy apply", "which day"],
    "faq/data_used": ["are my photos used", "which posts do they take", "do comments count",
                      "are captions used for ai", "what about my pictures", "public posts used"],
    "thank": ["thanks", "thank you", "cheers", "thanks a lot", "many thanks", "ok thank you"],
    "out_of_scope": ["what is the weather", "tell me a joke", "how do I bake bread",
                     "who won the match", "book a flight to rome", "what is two plus two"],
}


@lru_cache
def encode(text: str) -> Vectors:
    return encoder().encode(text)


def learn() -> Recogniser:
    pairs = [(text, topic) for topic, texts in EXAMPLES.items() for text in texts]
    texts, topics = zip(*pairs, strict=True)
    return Recogniser.fit(np.stack([encode(text) for text in texts]), texts, topics)


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    return learn()
