"""Floors under the present figures on questions that nobody trained on (`make evaluate`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.evaluation import Report, read
from bot.runtime.training import model_path
from bot.runtime.understanding import Understanding
from bot.settings import ROOT, Settings

pytestmark = pytest.mark.slow
EVALUATION = ROOT / "tests" / "evaluation"


@pytest.fixture(scope="module")
def understanding(tmp_path_factory: pytest.TempPathFactory) -> Understanding:
    settings = Settings.load({"DATA_DIR": str(tmp_path_factory.mktemp("data"))})
    return Understanding(model_path(ROOT), settings)


def figures(understanding: Understanding, name: str) -> dict[str, Any]:
    return Report.of(read(EVALUATION / name), understanding.outcome).as_dict()


def test_most_questions_are_understood_and_few_turned_away(understanding: Understanding) -> None:
    found = figures(understanding, "faq.jsonl")
    assert found["accuracy"] >= 0.92
    assert found["answered_or_offered"] >= 0.96
    assert found["turned_away"] <= 0.03


def test_what_is_none_of_ours_is_caught(understanding: Understanding) -> None:
    found = figures(understanding, "out_of_scope.jsonl")
    assert found["out_of_scope"]["recall"] >= 0.95


def test_follow_ups_are_read_against_the_question_before(understanding: Understanding) -> None:
    found = figures(understanding, "followups.jsonl")
    assert found["accuracy"] >= 0.85


def test_a_follow_up_means_nothing_without_the_question_before(
    understanding: Understanding,
) -> None:
    """What is measured above is the reading of two messages, not of one."""
    cases = read(EVALUATION / "followups.jsonl")
    alone = [replace(case, before=None) for case in cases]
    accuracy = Report.of(alone, understanding.outcome).as_dict()["accuracy"]
    assert accuracy < figures(understanding, "followups.jsonl")["accuracy"]
