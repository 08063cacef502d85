"""From the heads' scores to a decision. Pure, but for the encoder that it is given.

- Sure: one topic.
- Several questions in one message: the topic of each, in their order.
- A follow-up without a subject ("and comments?"): read together with the question before.
- Unsure: no topic is decided; the likeliest ones are offered.
- The gate says that it is none of ours: out of scope.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from bot.nlu.heads import Array, Gate, TopicHead
from bot.nlu.topics import OUT_OF_SCOPE, RETRIEVAL_INTENTS, Decision, Ranking, intent_of

# Set on the calibration set: below SURE, offering three topics finds the right one more often than
# answering with the first; from CLEAR on a part of a text counts as a question of its own.
SURE = 0.5
CLEAR = 0.7
OFFERED = 3
FOLLOW_UP_WORDS = 6

Encode = Callable[[str], Array]


def decide(
    text: str,
    vector: Array,
    topic_head: TopicHead,
    gate: Gate,
    encode: Encode,
    before: str | None = None,
) -> Decision:
    """Decide for one text.

    Args:
        vector: (d,) the text, encoded.
        before: the person's question before this text, when it was answered with a topic.
    """
    probabilities = topic_head.probabilities(vector, text)
    is_ours = gate.lets_in(vector)
    if before is not None and _follows(text, *topic_head.ranking(probabilities)[0]):
        joined = f"{before} {text}"
        together = topic_head.probabilities(encode(joined), joined)
        probabilities = _combined(probabilities, together)
        # "and then?" is about nothing by itself.
        is_ours = is_ours or bool(_CONTINUES.match(text)) or len(text.split()) <= 2
    ranking = topic_head.ranking(probabilities)
    topic, confidence = ranking[0]
    if (not is_ours or confidence < SURE) and _objects(text):
        # Any words are an objection: in doubt it is taken as one.
        return Decision("file_objection", CLEAR, ranking)
    if not is_ours:
        return Decision(OUT_OF_SCOPE, 1.0, ranking)
    asked = _topics_of_questions(text, topic_head, gate, encode)
    if len(asked) > 1:
        return Decision(asked[0], CLEAR, ranking, also=tuple(asked[1:]))
    return Decision(topic, confidence, ranking, is_unsure=_is_unsure(ranking))


def questions(text: str) -> list[str]:
    """The questions in a text: its interrogative sentences, and those joined by "and".

    "when does it start and does it cover insta?" holds two.
    """
    sentences = re.findall(r"[^.?!\n]+[.?!]*", text)
    parts = [part.strip(" ,;") for sentence in sentences for part in _JOINED.split(sentence)]
    return [part for part in parts if len(part.split()) > 1 and _is_question(part)]


def _topics_of_questions(
    text: str, topic_head: TopicHead, gate: Gate, encode: Encode
) -> list[str]:
    """The topics that separate questions of a text are clearly about, each once, in order."""
    parts = questions(text)
    if len(parts) < 2:
        return []
    found: list[str] = []
    for part in parts[:OFFERED]:
        vector = encode(part)
        topic, confidence = topic_head.ranking(topic_head.probabilities(vector, part))[0]
        is_clear = confidence >= CLEAR and intent_of(topic) in RETRIEVAL_INTENTS
        if is_clear and topic not in found and gate.lets_in(vector):
            found.append(topic)
    return found


def _follows(text: str, topic: str, confidence: float) -> bool:
    """Whether a text is too short to be read alone. A clear "thanks" or "cancel" is not."""
    speaks_for_itself = confidence >= CLEAR and intent_of(topic) not in RETRIEVAL_INTENTS
    return len(text.split()) <= FOLLOW_UP_WORDS and not speaks_for_itself


def _combined(alone: Array, together: Array) -> Array:
    # The geometric mean: a topic has to be likely both ways.
    product = np.sqrt(alone * together)
    result: Array = product / product.sum()
    return result


def _objects(text: str) -> bool:
    """Whether somebody plainly objects, whatever else the text says."""
    return bool(_OBJECTS.search(text)) and "?" not in text and not _INTERROGATIVE.match(text)


def _is_unsure(ranking: Ranking) -> bool:
    """Whether the likeliest topic is too unlikely to be answered straight away."""
    topic, confidence = ranking[0]
    return confidence < SURE and intent_of(topic) in RETRIEVAL_INTENTS


def _is_question(part: str) -> bool:
    return part.endswith("?") or bool(_INTERROGATIVE.match(part))


_WORDS = (
    r"(?:what|when|how|does|do|did|is|are|am|can|could|will|would|which|why|who|where|should|may|"
    r"must|has|have|was|were)\b"
)
_OBJECTS = re.compile(
    r"\b(?:opt me out|(?:i|we) (?:hereby )?object|take me out|count me out|leave me out|"
    r"(?:stop|quit) (?:using|taking|training on) my|(?:do not|don'?t|dont) (?:use|take|touch) my|"
    r"hands off my|withdraw my consent)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"\W*(?:and|but|so|or|also|ok(?:ay)? (?:and|but|so)|what about|how about|what if|even if|since "
    r"when|until when|then what)\b",
    re.IGNORECASE,
)
_JOINED = re.compile(rf"(?:,\s*|\s)(?:and|also|plus|but)\s+(?:also\s+)?(?={_WORDS})", re.IGNORECASE)
_INTERROGATIVE = re.compile(rf"\W*(?:(?:and|but|so|ok|also|or|please)\W+)*{_WORDS}", re.IGNORECASE)
