"""Decisions: sure, fairly sure, unsure, several, follow-ups, none of ours, and almost ours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bot.nlu.decide import CLEAR, CLOSE, SURE, Read, decide
from bot.nlu.recogniser import Reading, Recogniser
from bot.nlu.topics import Decision, chosen, decided, intent_of, topic_of
from tests.unit.nlu.conftest import encode

TOPICS = ("faq/a", "faq/b", "faq/c", "faq/d", "file_objection", "cancel", "thank")


def reading(ours: float = 1.0, **likely: float) -> Reading:
    """A reading with the given probabilities; the rest is shared out."""
    named = {name.replace("faq_", "faq/"): p for name, p in likely.items()}
    rest = (1 - sum(named.values())) / (len(TOPICS) - len(named))
    return Reading(np.array([named.get(topic, rest) for topic in TOPICS], np.float32), ours)


def of(text: str, first: Reading) -> Decision:
    return decide(text, first, TOPICS, each(lambda text: first))


def each(read: Callable[[str], Reading]) -> Read:
    """Reads texts one by one."""
    return lambda texts: [*map(read, texts)]


Decide = Callable[..., Decision]


@pytest.fixture
def decision(recogniser: Recogniser) -> Decide:
    @each
    def read(text: str) -> Reading:
        return recogniser.read(encode(text), text)

    def decision(text: str, before: str | None = None) -> Decision:
        return decide(text, read([text])[0], recogniser.topics, read, before)

    return decision


def test_a_sure_question_is_decided_for_and_nothing_else_offered() -> None:
    found = of("x", reading(faq_a=CLEAR))
    assert (found.topic, found.is_unsure, found.offered) == ("faq/a", False, ())


def test_beside_a_fairly_sure_answer_two_others_are_offered() -> None:
    found = of("x", reading(faq_a=CLEAR - 0.2, faq_b=0.2, faq_c=0.05))
    assert (found.topic, found.is_unsure) == ("faq/a", False)
    assert found.offered == ("faq/b", "faq/c")


def test_an_unsure_text_is_not_decided_but_offered() -> None:
    found = of("x", reading(faq_a=SURE - 0.1, faq_b=0.3, cancel=0.2))
    assert found.is_unsure
    assert found.offered == ("faq/a", "faq/b", "cancel")
    assert decided(found)["offered"] == ["faq/a", "faq/b", "cancel"]
    assert decided(found)["intent"]["name"] == "nlu_fallback"


def test_small_talk_is_neither_offered_nor_asked_about() -> None:
    assert of("x", reading(thank=0.45, faq_a=0.4)).topic == "thank"
    assert not of("x", reading(thank=0.45, faq_a=0.4)).is_unsure
    assert "thank" not in of("x", reading(faq_a=0.45, thank=0.4)).offered


def test_an_action_that_is_only_likely_is_asked_about_first() -> None:
    assert of("x", reading(cancel=0.4, faq_a=0.3)).is_unsure
    sure = of("x", reading(cancel=0.6, faq_a=0.3))
    assert (sure.topic, sure.is_unsure, sure.offered) == ("cancel", False, ())


def test_what_is_almost_ours_is_turned_away_with_the_nearest_topics() -> None:
    close = of("x", reading(ours=-CLOSE / 2, faq_a=0.9, faq_b=0.05, faq_c=0.03))
    assert (close.topic, close.offered) == ("out_of_scope", ("faq/a", "faq/b", "faq/c"))
    assert of("x", reading(ours=-2 * CLOSE, faq_a=0.9)).offered == ()


def test_in_doubt_a_plain_objection_is_one() -> None:
    doubtful = reading(ours=-1, faq_a=0.3)
    for text in ("im realy angry, opt me out", "well then hands off my drawings"):
        assert of(text, doubtful).topic == "file_objection"
    for text in ("can they opt me out?", "what happens when I object", "so angry"):
        assert of(text, doubtful).topic != "file_objection"


def test_who_does_not_object_is_not_made_to() -> None:
    objects = reading(file_objection=0.9)
    for text in ("I don't want to object", "dont object for me please", "i have no objection"):
        assert of(text, objects).topic == "deny"
    for text in ("I object", "I don't want this", "what if I do not object?"):
        assert of(text, objects).topic == "file_objection"


def test_a_clear_question_is_decided_for(decision: Decide) -> None:
    assert decision("do they read my private dms").topic == "faq/data_excluded"


def test_two_questions_are_answered_in_their_order(decision: Decide) -> None:
    found = decision("from which date? and do they read my dms?")
    assert (found.topic, found.also) == ("faq/effective_date", ("faq/data_excluded",))


def test_the_same_question_twice_is_answered_once(decision: Decide) -> None:
    assert decision("when does it start? from which date is it?").also == ()


def test_a_follow_up_is_read_with_the_question_before(decision: Decide) -> None:
    assert decision("and comments?", "which posts do they take").topic == "faq/data_used"


def test_a_short_follow_up_inherits_its_subject() -> None:
    """A text about nothing by itself takes the topic that it has after the question before."""
    alone = reading(faq_a=0.3, faq_b=0.3)
    after = {"before since when?": reading(faq_b=0.9)}
    found = decide("since when?", alone, TOPICS, each(after.__getitem__), "before")
    assert found.topic == "faq/b"


def test_what_is_clear_alone_is_no_follow_up() -> None:
    clear = reading(faq_a=CLEAR + 0.01)
    after = {"before is it legal": reading(faq_b=0.99)}
    assert decide("is it legal", clear, TOPICS, each(after.__getitem__), "before").topic == "faq/a"


def test_a_longer_text_follows_if_it_refers_to_something() -> None:
    vague, together = reading(faq_a=0.5, faq_b=0.2), reading(faq_b=0.9)

    @each
    def read(text: str) -> Reading:
        return together if text.startswith("before") else vague

    refers = "do they look at that when somebody reports me"
    assert decide(refers, vague, TOPICS, read, "before").topic == "faq/b"
    refers_not = "do moderators look at posts when somebody reports me"
    assert decide(refers_not, vague, TOPICS, read, "before").topic == "faq/a"


def test_what_is_almost_ours_is_ours_after_a_question_about_the_same() -> None:
    almost = reading(ours=-CLOSE * 0.9, faq_a=0.9)
    text = "the hospital keeps me here, does that matter for whenever I get round to asking"
    same = {f"before {text}": reading(faq_a=0.9)}
    other = {f"before {text}": reading(faq_b=0.9)}
    assert decide(text, almost, TOPICS, each(same.__getitem__), "before").topic == "faq/a"
    assert decide(text, almost, TOPICS, each(other.__getitem__), "before").topic == "out_of_scope"


def test_thanks_is_no_follow_up(decision: Decide) -> None:
    assert decision("thanks", "which posts do they take").topic == "thank"


def test_a_follow_up_does_not_let_the_weather_in() -> None:
    weather = reading(ours=-1, faq_a=0.3)
    readings = {"before im hungry": reading(faq_a=0.9)}
    found = decide("im hungry", weather, TOPICS, each(readings.__getitem__), "before")
    assert found.topic == "out_of_scope"


def test_a_chosen_topic_reads_like_a_recognised_one() -> None:
    parsed = chosen("faq/data_used", "What may be used?")
    assert topic_of(parsed) == "faq/data_used"
    assert parsed["intent"] == {"name": "faq", "confidence": 1.0}
    response = parsed["response_selector"]["faq"]["response"]
    assert response["utter_action"] == "utter_faq/data_used"
    assert intent_of("greet") == "greet"
