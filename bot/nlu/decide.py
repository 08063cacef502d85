"""From a recogniser's reading to a decision. Pure, but for the reader that it is given.

- Sure: one topic. Fairly sure: one topic, and the next likely ones offered beside its answer.
- Several questions in one message: the topic of each, in their order.
- A follow-up without a subject ("and comments?"): read together with the question before.
- Unsure: no topic is decided; the likeliest ones are offered.
- None of ours: out of scope. If it was close, the likeliest topics are offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bot import patterns
from bot.nlu.distress import in_distress
from bot.nlu.questions import Question, is_question, questions
from bot.nlu.recogniser import Array, Reading
from bot.nlu.topics import OUT_OF_SCOPE, RETRIEVAL_INTENTS, Decision, Ranking, intent_of

# Set on the calibration set (`python -m bench.tuning`). Below SURE, offering topics finds the right
# one more often than answering with the first; below CLEAR, the next ones are worth offering too.
SURE = 0.5
CLEAR = 0.97
# How far below the border a text is still close to our topics, and a follow-up one of ours.
CLOSE = 0.5
CLOSE_AFTER = 0.2
# From here on a question among several is answered, and "thanks" or "cancel" is no follow-up.
DISTINCT = 0.8
OFFERED = 3
MOST_QUESTIONS = 4
# A short text may be a follow-up whatever it says, a longer one if it refers to something.
FOLLOW_UP_WORDS, LONG_FOLLOW_UP_WORDS = 6, 12
# Small talk is answered as what it looks most like: a wrong "you're welcome" harms nobody.
SMALL_TALK = frozenset({"greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "help"})

# Texts that are read together take less time than one after the other.
Read = Callable[[Sequence[str]], Sequence[Reading]]


def decide(
    text: str, reading: Reading, topics: Sequence[str], read: Read, before: str | None = None
) -> Decision:
    """Decide for one text.

    Args:
        reading: what the text alone is taken for.
        topics: the names of the topics, in the order of a reading's probabilities.
        read: reads other texts.
        before: the person's question before this text, when it was answered with a topic.
    """
    if in_distress(text):
        ranking = _ranking(reading.probabilities, topics)
        return Decision(OUT_OF_SCOPE, 1.0, ranking, in_distress=True)
    probabilities, is_ours = reading.probabilities, reading.ours >= 0
    follows = before is not None and _follows(text, *_ranking(probabilities, topics)[0])
    if follows or (before is not None and 0 > reading.ours > -CLOSE):
        together = read([f"{before} {text}"])[0].probabilities
        is_ours = is_ours or _is_ours_after(text, reading, together)
        if follows:
            probabilities = _combined(probabilities, together)
    ranking = _ranking(probabilities, topics)
    topic, confidence = ranking[0]
    if (not is_ours or confidence < SURE) and _objects(text):
        # Any words are an objection: in doubt it is taken as one.
        return Decision("file_objection", DISTINCT, ranking)
    if topic == "file_objection" and _DECLINES.search(text) and not is_question(text):
        return Decision("deny", DISTINCT, ranking)
    if not is_ours:
        close = reading.ours > -CLOSE
        return Decision(OUT_OF_SCOPE, 1.0, ranking, offered=_first(ranking) if close else ())
    asked = _topics_of_questions(text, topics, read)
    if len(asked) > 1:
        return Decision(asked[0], DISTINCT, ranking, also=asked[1:])
    if confidence < SURE and topic not in SMALL_TALK:
        return Decision(topic, confidence, ranking, is_unsure=True, offered=_first(ranking))
    if confidence < CLEAR and intent_of(topic) in RETRIEVAL_INTENTS:
        return Decision(topic, confidence, ranking, offered=_first(ranking, besides=topic))
    return Decision(topic, confidence, ranking)


def _topics_of_questions(text: str, topics: Sequence[str], read: Read) -> tuple[str, ...]:
    """The topics that separate questions of a text are clearly about, each once, in order."""
    asked = questions(text)[:MOST_QUESTIONS]
    if len(asked) < 2:
        return ()
    texts = [*dict.fromkeys(text for one in asked for text in (one.text, one.told))]
    readings = dict(zip(texts, read(texts), strict=True))
    found: list[str] = []
    before: Question | None = None
    for question in asked:
        # With its story or without, whichever says more.
        reading = max(
            readings[question.text],
            readings[question.told],
            key=lambda reading: float(reading.probabilities.max()),
        )
        reading = _in_context(reading, question, before, read)
        topic, confidence = _ranking(reading.probabilities, topics)[0]
        is_clear = confidence >= DISTINCT and intent_of(topic) in RETRIEVAL_INTENTS
        if is_clear and reading.ours >= 0 and topic not in found:
            found.append(topic)
        before = question
    return tuple(found)


def _in_context(
    reading: Reading, question: Question, before: Question | None, read: Read
) -> Reading:
    """The reading of one question of several, in the light of the one before it."""
    short = len(question.text.split()) <= FOLLOW_UP_WORDS
    if before is not None and short and _REFERS.search(question.text):
        together = read([f"{before.text} {question.text}"])[0].probabilities
        return Reading(_combined(reading.probabilities, together), reading.ours)
    return reading


def _ranking(probabilities: Array, topics: Sequence[str]) -> Ranking:
    """All topics with their probabilities, likeliest first."""
    order = np.argsort(-probabilities, kind="stable")
    return [(topics[i], float(probabilities[i])) for i in order]


def _first(ranking: Ranking, besides: str = "") -> tuple[str, ...]:
    """The likeliest topics that a button can offer."""
    topics = [name for name, _ in ranking if name not in SMALL_TALK and name != besides]
    return tuple(topics[: OFFERED - 1 if besides else OFFERED])


def _follows(text: str, topic: str, confidence: float) -> bool:
    """Whether a text goes on with the question before it. What is clear alone is read alone."""
    length = len(text.split())
    # "is that all?" and "why not" look like a yes and a no.
    asks_on = _CONTINUES.match(text) or (topic in ("affirm", "deny") and is_question(text))
    if length > FOLLOW_UP_WORDS:
        refers = bool(asks_on or _REFERS.search(text))
        return length <= LONG_FOLLOW_UP_WORDS and refers and confidence < CLEAR
    if intent_of(topic) in RETRIEVAL_INTENTS:
        return confidence < CLEAR
    return bool(asks_on) or confidence < DISTINCT


def _is_ours_after(text: str, alone: Reading, together: Array) -> bool:
    """Whether a text that is none of ours by itself is one after the question before it."""
    # "and then?" is about nothing by itself.
    if _CONTINUES.match(text) or alone.ours >= -CLOSE_AFTER:
        return True
    return alone.ours > -CLOSE and int(together.argmax()) == int(alone.probabilities.argmax())


def _combined(alone: Array, together: Array) -> Array:
    # The geometric mean: a topic has to be likely both ways.
    product = np.sqrt(alone * together)
    result: Array = product / product.sum()
    return result


def _objects(text: str) -> bool:
    """Whether somebody plainly objects, whatever else the text says."""
    return bool(_OBJECTS.search(text)) and "?" not in text and not is_question(text)


_OBJECTS = patterns.compile(
    r"\b(?:opt me out|(?:i|we) (?:hereby )?object|take me out|count me out|leave me out|"
    r"(?:stop|quit) (?:using|taking|training on) my|(?:do not|don'?t|dont) (?:use|take|touch) my|"
    r"hands off my|withdraw my consent)\b",
    ignore_case=True,
)
_DECLINES = patterns.compile(
    r"\b(?:do not|don'?t|dont|won'?t|will not|not going to|no longer|never) (?:\w+ ){0,2}?object\b|"
    r"\bno objections?\b",
    ignore_case=True,
)
_CONTINUES = patterns.compile(
    r"\W*(?:and|but|so|or|also|ok(?:ay)? (?:and|but|so)|what about|how about|what if|even if|since "
    r"when|until when|then what)\b",
    ignore_case=True,
)
_REFERS = patterns.compile(
    r"\b(?:it|that|this|they|them|these|those|he|him|she|her|then|so)\b", ignore_case=True
)
