"""Words are corrected only where nobody knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu.spelling import Speller

EXAMPLES = ["what is the status of my objection", "status of the objection", "my objection status",
            "I don't want this", "photos photos photos of Ana", "I want it", "what what what"] * 2


@pytest.fixture
def speller() -> Speller:
    vocabulary = {"what", "is", "the", "status", "of", "my", "objection", "photos", "want", "this",
                  "states", "house"}
    return Speller.learn(EXAMPLES, vocabulary)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("stauts of my objektion?", "status of my objection?"),
        ("PHOTSO", "photos"),
        ("I wnat", "I want"),  # not "what", which is used more often
        ("the house states", "the house states"),  # known, if not from the examples
        ("dont", "dont"),  # written so, not a slip
        ("zzzz qqqqqq", "zzzz qqqqqq"),  # like nothing
        ("sta", "sta"),  # too short to tell
        ("ana@exmaple.org 1234 🙂", "ana@exmaple.org 1234 🙂"),
        ("", ""),
    ],
)
def test_slips_lead_back_to_words_of_the_subject(
    speller: Speller, written: str, read: str
) -> None:
    assert speller.correct(written) == read


def test_what_was_saved_corrects_the_same(speller: Speller, tmp_path: Path) -> None:
    speller.save(tmp_path / "speller.json")
    again = Speller.load(tmp_path / "speller.json")
    assert again.correct("stauts of my objektion") == "status of my objection"


def test_a_file_that_is_not_whole_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "speller.json").write_text('{"counts": {}}')
    with pytest.raises(KeyError):
        Speller.load(tmp_path / "speller.json")
