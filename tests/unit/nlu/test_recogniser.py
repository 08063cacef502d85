"""The recogniser: what it learns, what calibration moves, and that it is kept whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu.recogniser import Reading, Recogniser
from tests.unit.nlu.conftest import EXAMPLES, encode, learn


def read(recogniser: Recogniser, text: str) -> tuple[str, Reading]:
    reading = recogniser.read(encode(text), text)
    return recogniser.topics[int(reading.probabilities.argmax())], reading


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("do they look into my private messages", "faq/data_excluded"),
        ("what is the day on which it begins", "faq/effective_date"),
        ("will my photos be taken", "faq/data_used"),
        ("thank you so much", "thank"),
    ],
)
def test_a_text_is_taken_for_the_topic_it_resembles(
    recogniser: Recogniser, text: str, topic: str
) -> None:
    found, reading = read(recogniser, text)
    assert found == topic
    assert reading.probabilities.sum() == pytest.approx(1)


def test_out_of_scope_is_no_topic_but_lowers_how_much_a_text_is_ours(
    recogniser: Recogniser,
) -> None:
    assert "out_of_scope" not in recogniser.topics
    _, ours = read(recogniser, "are my pictures used for ai")
    _, foreign = read(recogniser, "what is the weather in rome")
    assert ours.ours > foreign.ours + 0.5


def test_letters_know_what_the_encoders_do_not() -> None:
    # Two made-up words are the same to an encoder; their letters tell them apart.
    texts = ["zorbflux", "quintyrrh", "the zorbflux", "the quintyrrh"]
    vectors = np.stack([encode("something")] * 4)
    learned = Recogniser.fit(vectors, texts, ["faq/a", "faq/b", "faq/a", "faq/b"])
    reading = learned.read(encode("something"), "quintyrrhs")
    assert learned.topics[int(reading.probabilities.argmax())] == "faq/b"


def test_calibration_sets_the_border_and_the_sharpness_on_unseen_questions(
    recogniser: Recogniser,
) -> None:
    unseen = {
        "is my inbox read": "faq/data_excluded",
        "the day it begins": "faq/effective_date",
        "my pics taken": "faq/data_used",
    }
    readers = [(encode(text), text, frozenset({topic})) for text, topic in unseen.items()]
    calibrated = recogniser.calibrated(readers)
    assert (calibrated.border, calibrated.sharpness) != (recogniser.border, recogniser.sharpness)
    ours = [calibrated.read(encode(text), text).ours for text in unseen]
    # The border lies at the lowest of them; the rest is let in.
    assert sorted(ours)[0] == pytest.approx(0, abs=0.1)
    assert sorted(ours)[1] > 0

    def surprise(machine: Recogniser) -> float:
        probabilities = [machine.read(encode(text), text).probabilities for text in unseen]
        right = [machine.topics.index(topic) for topic in unseen.values()]
        return float(-np.log([p[i] for p, i in zip(probabilities, right, strict=True)]).sum())

    assert surprise(calibrated) <= surprise(recogniser) + 1e-6


def test_learning_twice_gives_the_same_machine(recogniser: Recogniser) -> None:
    again = learn()
    assert np.array_equal(again.meaning, recogniser.meaning)
    assert np.array_equal(again.terms, recogniser.terms)


def test_a_kept_machine_reads_the_same(recogniser: Recogniser, tmp_path: Path) -> None:
    recogniser.save(tmp_path)
    loaded = Recogniser.load(tmp_path)
    assert loaded.topics == recogniser.topics == tuple(sorted(EXAMPLES.keys() - {"out_of_scope"}))
    for text in ("when does it start", "my dms", "tell me a joke", ""):
        before, after = (machine.read(encode(text), text) for machine in (recogniser, loaded))
        assert np.array_equal(before.probabilities, after.probabilities)
        assert before.ours == after.ours


def test_half_a_machine_does_not_load(tmp_path: Path) -> None:
    np.savez(tmp_path / "recogniser.npz", topics=np.array(["faq/a"]))
    with pytest.raises(KeyError):
        Recogniser.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        Recogniser.load(tmp_path / "nowhere")
