"""Floors under the present figures on questions that nobody trained on (`make evaluate`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.app import Application
from bot.evaluation import Report, read
from bot.settings import ROOT
from tests.conversations.conftest import Person

pytestmark = pytest.mark.slow
EVALUATION = ROOT / "tests" / "evaluation"

Parse = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def parse(application: Application, loop: Any) -> Parse:
    def parse(text: str) -> dict[str, Any]:
        parsed = loop.run_until_complete(application.agent.parse_message(text))
        return dict(parsed)

    return parse


def test_most_questions_are_understood_and_few_turned_away(parse: Parse) -> None:
    cases = read(EVALUATION / "faq.jsonl")
    parsed = [parse(case.text) for case in cases]
    right = sum(case.accepts(p["topic"]) for case, p in zip(cases, parsed, strict=True))
    answered_or_offered = sum(
        any(case.accepts(topic) for topic in (p["topic"], *p["also"], *p["offered"]))
        for case, p in zip(cases, parsed, strict=True)
    )
    turned_away = sum(p["topic"] == "out_of_scope" for p in parsed)
    assert right / len(cases) >= 0.86
    assert answered_or_offered / len(cases) >= 0.90
    assert turned_away / len(cases) <= 0.04


def test_what_is_none_of_ours_is_caught(parse: Parse) -> None:
    cases = read(EVALUATION / "out_of_scope.jsonl")
    report = Report.of(cases, lambda text: str(parse(text)["topic"])).as_dict()
    assert report["out_of_scope"]["recall"] >= 0.92


def test_follow_ups_are_read_against_the_question_before(person: Person) -> None:
    lines = (EVALUATION / "followups.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    right = 0
    for case in cases:
        other = Person(person.application, person._loop)
        other.says(case["before"])
        other.says(case["text"])
        (last,) = [e for e in stored(other) if e["event"] == "user"][-1:]
        right += last["parse_data"]["topic"] in (case["topic"], *case.get("alt", []))
    assert right / len(cases) >= 0.80


def stored(person: Person) -> list[dict[str, Any]]:
    store: Any = person.application.agent.tracker_store
    events: list[dict[str, Any]] = person.run(store.events(person.id))
    return events
