"""Topics, and the shape in which Rasa expects a decision about them.

A topic is `faq/<id>` or `not_covered/<id>` (retrieval intents, answered by the response of the same
name) or a plain intent such as `file_objection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RETRIEVAL_INTENTS = ("faq", "not_covered")
OUT_OF_SCOPE = "out_of_scope"
UNSURE = "nlu_fallback"
RANKED = 3

Ranking = list[tuple[str, float]]


@dataclass(frozen=True)
class Decision:
    """What a text is taken for.

    Attributes:
        topic: the likeliest topic, or `out_of_scope`.
        confidence: 0 to 1; 1 for `out_of_scope`.
        ranking: topics with probabilities, likeliest first.
        also: further topics that the text asks about, in its order.
        is_unsure: whether nothing should be answered, only offered.
        offered: further topics that may be meant, likeliest first.
        in_distress: whether somebody is in danger or may harm themselves; then it is out of scope.
    """

    topic: str
    confidence: float
    ranking: Ranking
    also: tuple[str, ...] = ()
    is_unsure: bool = False
    offered: tuple[str, ...] = ()
    in_distress: bool = False


def intent_of(topic: str) -> str:
    """The intent that a topic belongs to: `faq/data_used` -> `faq`, `greet` -> `greet`."""
    return topic.partition("/")[0]


def topic_of(parse_data: Mapping[str, Any]) -> str | None:
    """The topic that a parse result decided for; None when it decided for nothing."""
    topic: str | None = parse_data.get("topic")
    return topic


def decided(decision: Decision) -> dict[str, Any]:
    """A decision as the properties of a Rasa message:

    - `topic`, `also`, `offered`, `in_distress`: as in `Decision`, in full;
    - `intent`: `{"name", "confidence"}`; `nlu_fallback`, Rasa's word for it, when unsure;
    - `intent_ranking`: the first topics with their probabilities;
    - `response_selector`: which response `utter_faq` or `utter_not_covered` gives, in the shape of
      Rasa's own ResponseSelector (`rasa/nlu/selectors`).
    """
    topic, ranked = decision.topic, decision.ranking[:RANKED]
    intent = UNSURE if decision.is_unsure else intent_of(topic)
    return {
        "topic": topic,
        "also": list(decision.also),
        "offered": list(decision.offered),
        "in_distress": decision.in_distress,
        "intent": {"name": intent, "confidence": decision.confidence},
        "intent_ranking": [{"name": name, "confidence": score} for name, score in ranked],
        "response_selector": _response_selector(topic, decision.confidence),
    }


def chosen(topic: str, text: str) -> dict[str, Any]:
    """A whole parse result for a topic that was chosen, not recognised: a pressed button."""
    return {"text": text, "entities": [], **decided(Decision(topic, 1.0, [(topic, 1.0)]))}


def _response_selector(topic: str, confidence: float) -> dict[str, Any]:
    selected: dict[str, Any] = {"all_retrieval_intents": list(RETRIEVAL_INTENTS)}
    if intent_of(topic) in RETRIEVAL_INTENTS:
        selected[intent_of(topic)] = {
            "response": {
                "responses": [],
                "confidence": confidence,
                "intent_response_key": topic,
                "utter_action": f"utter_{topic}",
            },
            "ranking": [],
        }
    return selected
