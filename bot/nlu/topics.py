"""Topics, and the shape in which Rasa expects a decision about them.

A topic is `faq/<id>` or `not_covered/<id>` (retrieval intents, answered by the response of the same
name) or a plain intent such as `file_objection`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

RETRIEVAL_INTENTS = ("faq", "not_covered")
OUT_OF_SCOPE = "out_of_scope"


def intent_of(topic: str) -> str:
    """The intent that a topic belongs to: `faq/data_used` -> `faq`, `greet` -> `greet`."""
    return topic.partition("/")[0]


def topic_of(parse_data: dict[str, Any]) -> str | None:
    """The topic that a parse result decided for; None when it decided for nothing."""
    intent = parse_data.get("intent") or {}
    return intent.get("full_retrieval_intent_name") or intent.get("name")


def decision(topic: str, confidence: float) -> dict[str, Any]:
    """The `intent` of a parse result: `{"name", "confidence"}` and the topic in full."""
    return {
        "name": intent_of(topic),
        "confidence": confidence,
        "full_retrieval_intent_name": topic if intent_of(topic) in RETRIEVAL_INTENTS else None,
    }


def response_selector(topics: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """The `response_selector` of a parse result, from topics with confidences, best first.

    The same shape as that of Rasa's own ResponseSelector (`rasa/nlu/selectors`), which
    `utter_faq` and `utter_not_covered` read.
    """
    selected: dict[str, Any] = {"all_retrieval_intents": list(RETRIEVAL_INTENTS)}
    ranked = list(topics)
    for intent in RETRIEVAL_INTENTS:
        own = [(topic, score) for topic, score in ranked if intent_of(topic) == intent]
        if own:
            topic, score = own[0]
            selected[intent] = {
                "response": {
                    "responses": [],
                    "confidence": score,
                    "intent_response_key": topic,
                    "utter_action": f"utter_{topic}",
                },
                "ranking": [{"confidence": s, "intent_response_key": t} for t, s in own[:3]],
            }
    return selected


def parse_data(topic: str, text: str) -> dict[str, Any]:
    """A whole parse result for a topic that was chosen, not recognised: a pressed button."""
    return {
        "text": text,
        "intent": decision(topic, 1.0),
        "entities": [],
        "intent_ranking": [{"name": topic, "confidence": 1.0}],
        "response_selector": response_selector([(topic, 1.0)]),
    }
