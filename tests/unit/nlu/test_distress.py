"""Somebody who is in danger, or may harm themselves, is not answered with a menu."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.decide import decide
from bot.nlu.distress import in_distress
from bot.nlu.recogniser import Reading
from bot.nlu.topics import decided


@pytest.mark.parametrize(
    "text",
    [
        "I want to die", "honestly im thinking of suicide", "I can’t go on like this",
        "there's no point in living", "he says he will kill me", "please, I am in danger",
        "i dont want to live anymore", "they make me feel so hopeless", "i am being stalked",
    ],
)
def test_plain_words_of_distress_are_noticed(text: str) -> None:
    assert in_distress(text)


@pytest.mark.parametrize(
    "text",
    [
        "this chat is killing me", "I can't go on with this form, it is too long",
        "i dont want to live in a world of bots", "will they kill my account",
        "what happens to my posts when I die", "is my data in danger", "does objecting hurt me",
    ],
)
def test_figures_of_speech_and_questions_are_not_distress(text: str) -> None:
    assert not in_distress(text)


def test_distress_goes_before_every_topic() -> None:
    sure = Reading(np.array([0.99, 0.01], np.float32), 1.0)
    found = decide("I object, I want to die", sure, ("faq/a", "faq/b"), lambda text: sure)
    assert (found.topic, found.in_distress, found.offered) == ("out_of_scope", True, ())
    assert decided(found)["in_distress"]
