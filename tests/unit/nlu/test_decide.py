"""Decisions on a small model of its own: sure, unsure, several, follow-ups, none of ours."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from bot.nlu import heads
from bot.nlu.decide import decide, questions
from bot.nlu.encoders import encoder
from bot.nlu.heads import Gate, TopicHead
from bot.nlu.topics import Decision, chosen, decided, intent_of, topic_of

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
def encode(text: str) -> heads.Array:
    return encoder().encode(text)


@pytest.fixture(scope="module")
def learned() -> tuple[TopicHead, Gate]:
    pairs = [(text, topic) for topic, texts in EXAMPLES.items() for text in texts]
    vectors = np.stack([encode(text) for text, _ in pairs])
    return heads.fit(vectors, [text for text, _ in pairs], [topic for _, topic in pairs])


def decision(learned: tuple[TopicHead, Gate], text: str, before: str | None = None) -> Decision:
    return decide(text, encode(text), *learned, encode, before)


def test_a_clear_question_is_decided_for(learned: tuple[TopicHead, Gate]) -> None:
    assert decision(learned, "do they read my private dms").topic == "faq/data_excluded"


def test_something_else_is_out_of_scope(learned: tuple[TopicHead, Gate]) -> None:
    found = decision(learned, "how do I bake a cake")
    assert (found.topic, found.is_unsure) == ("out_of_scope", False)


def test_two_questions_are_answered_in_their_order(learned: tuple[TopicHead, Gate]) -> None:
    found = decision(learned, "when does it start? and do they read my dms?")
    assert (found.topic, found.also) == ("faq/effective_date", ("faq/data_excluded",))


def test_the_same_question_twice_is_answered_once(learned: tuple[TopicHead, Gate]) -> None:
    assert decision(learned, "when does it start? from which date is it?").also == ()


def test_a_follow_up_is_read_with_the_question_before(learned: tuple[TopicHead, Gate]) -> None:
    assert decision(learned, "and comments?", "which posts do they take").topic == "faq/data_used"


def test_thanks_is_no_follow_up(learned: tuple[TopicHead, Gate]) -> None:
    assert decision(learned, "thanks", "which posts do they take").topic == "thank"


def test_a_follow_up_does_not_let_the_weather_in(learned: tuple[TopicHead, Gate]) -> None:
    found = decision(learned, "what is the weather in rome", "which posts do they take")
    assert found.topic == "out_of_scope"


def test_an_unsure_text_is_not_decided_but_offered(learned: tuple[TopicHead, Gate]) -> None:
    topic_head, gate = learned
    between = np.mean([encode(texts[0]) for texts in EXAMPLES.values()], axis=0)
    found = decide("it", between, topic_head, gate, encode)
    assert found.is_unsure
    assert len(decided(found)["offered"]) == 3
    assert decided(found)["intent"]["name"] == "nlu_fallback"


def test_in_doubt_a_plain_objection_is_one(learned: tuple[TopicHead, Gate]) -> None:
    far_away = np.mean([encode(texts[0]) for texts in EXAMPLES.values()], axis=0)
    for text, topic in (
        ("im realy angry, opt me out", "file_objection"),
        ("well then hands off my drawings", "file_objection"),
    ):
        assert decide(text, far_away, *learned, encode).topic == topic
    for text in ("can they opt me out?", "what happens when I object", "so angry"):
        assert decide(text, far_away, *learned, encode).topic != "file_objection"


def test_learning_twice_gives_the_same_heads(learned: tuple[TopicHead, Gate]) -> None:
    pairs = [(text, topic) for topic, texts in EXAMPLES.items() for text in texts]
    vectors = np.stack([encode(text) for text, _ in pairs])
    again, gate = heads.fit(vectors, [t for t, _ in pairs], [k for _, k in pairs])
    assert np.array_equal(again.meaning.weights, learned[0].meaning.weights)
    assert np.array_equal(gate.support, learned[1].support)


def test_saved_heads_decide_the_same(learned: tuple[TopicHead, Gate], tmp_path: Path) -> None:
    heads.save(tmp_path, *learned)
    loaded = heads.load(tmp_path)
    for text in ("when does it start", "my dms", "tell me a joke"):
        assert decision(loaded, text) == decision(learned, text)


def test_calibration_moves_the_border_to_where_real_questions_are(
    learned: tuple[TopicHead, Gate],
) -> None:
    inside = np.stack([encode(t) for t in ("is my inbox read", "day it begins", "my pics taken")])
    outside = np.stack([encode(t) for t in ("the price of gold", "fix my bike", "a good film")])
    gate = learned[1].calibrated(inside, outside)
    assert all(gate.lets_in(vector) for vector in inside)
    assert sum(gate.lets_in(vector) for vector in outside) <= 1
    assert gate.threshold > 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("when does it start and does it cover insta?",
         ["when does it start", "does it cover insta?"]),
        ("I run a shop. My kid has a page. Do they use dms?", ["Do they use dms?"]),
        ("photos and captions?", ["photos and captions?"]),
        ("", []),
    ],
)
def test_questions_are_found_in_a_text(text: str, found: list[str]) -> None:
    assert questions(text) == found


def test_a_chosen_topic_reads_like_a_recognised_one() -> None:
    parsed = chosen("faq/data_used", "What may be used?")
    assert topic_of(parsed) == "faq/data_used"
    assert parsed["intent"] == {"name": "faq", "confidence": 1.0}
    response = parsed["response_selector"]["faq"]["response"]
    assert response["utter_action"] == "utter_faq/data_used"
    assert intent_of("greet") == "greet"
