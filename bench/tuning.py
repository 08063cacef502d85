"""What each constant of the understanding does: one is changed at a time, on the calibration set.

`python -m bench.tuning` prints a line for each value; the one in use is marked. The evaluation
sets are not touched: figures on them would mean nothing once something had been chosen by them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import Any
from unittest.mock import patch

from bench.ladder import Examples
from bot.evaluation import Case, Outcome, Report, read
from bot.nlu import decide, recogniser
from bot.nlu.encoders import Vectors, encoder
from bot.nlu.recogniser import Reading, Recogniser
from bot.nlu.topics import RETRIEVAL_INTENTS, Decision, intent_of
from bot.settings import ROOT

CALIBRATION = ROOT / "data" / "calibration"
# Those of the recogniser are learned anew for each value; those of the decision are not.
GRID: tuple[tuple[ModuleType, str, tuple[float, ...]], ...] = (
    (recogniser, "WIDTH", (0.2, 0.3, 0.45)),
    (recogniser, "TERMS", (0.2, 0.4, 0.8)),
    (recogniser, "RIDGE", (0.05, 0.1, 0.2)),
    (recogniser, "DIRECTIONS", (128, 256, 512)),
    (recogniser, "TURNED_AWAY", (0.005, 0.01, 0.02)),
    (decide, "SURE", (0.4, 0.5, 0.6)),
    (decide, "CLEAR", (0.9, 0.97, 0.99)),
    (decide, "CLOSE", (0.3, 0.5, 0.8)),
    (decide, "CLOSE_AFTER", (0.0, 0.2, 0.4)),
    (decide, "DISTINCT", (0.7, 0.8, 0.9)),
)
COLUMNS = ("right", "or offered", "turned away", "shows offers", "caught", "follow-ups", "several")


class Trial:
    """One trained machine with its readings, each text read once."""

    def __init__(self, examples: Examples) -> None:
        self.machine = Recogniser.fit(examples.vectors, examples.texts, examples.topics).calibrated(
            examples.calibration
        )
        self._as_read = examples.read
        self._read = lru_cache(maxsize=None)(self._reading)

    def decide(self, text: str, before: str | None = None) -> Decision:
        """The decision for a text after another, as `bot.nlu.classifier` reaches it."""
        text = self._as_read(text)
        if before is not None:
            answered = self.decide(before)
            is_known = not answered.is_unsure and intent_of(answered.topic) in RETRIEVAL_INTENTS
            before = before if is_known else None
        reading, topics = self._read(text), self.machine.topics
        return decide.decide(text, reading, topics, self._read_all, before)

    def _read_all(self, texts: Sequence[str]) -> list[Reading]:
        return [*map(self._read, texts)]

    def figures(self) -> Iterator[float]:
        """The shares of COLUMNS, on the calibration set."""
        report = self._report("in_scope").as_dict()
        yield from (report[name] for name in ("accuracy", "answered_or_offered", "turned_away"))
        questions = read(CALIBRATION / "in_scope.jsonl")
        yield _share(self.decide(case.text).offered for case in questions)
        yield float(self._report("out_of_scope").as_dict()["accuracy"])
        yield float(self._report("followups").as_dict()["accuracy"])
        several = (CALIBRATION / "several.jsonl").read_text("utf-8").splitlines()
        yield _share(self._finds_all(json.loads(line)) for line in several)

    def _report(self, name: str) -> Report:
        return Report.of(read(CALIBRATION / f"{name}.jsonl"), self._outcome)

    def _outcome(self, case: Case) -> Outcome:
        found = self.decide(case.text, case.before)
        return Outcome(found.topic, (*found.also, *found.offered))

    def _finds_all(self, row: dict[str, Any]) -> bool:
        found = self.decide(row["text"])
        return [found.topic, *found.also] == row["topics"]

    def _reading(self, text: str) -> Reading:
        return self.machine.read(_encoded(text), text)


def main() -> None:
    """Print the table, line by line."""
    examples = Examples(corrects=True)
    in_use = Trial(examples)
    print(" " * 20, *(f"{column:>12}" for column in COLUMNS))
    for module, name, values in GRID:
        chosen = getattr(module, name)
        for value in values:
            with patch.object(module, name, value):
                trial = Trial(examples) if module is recogniser else in_use
                figures = [*trial.figures()]
            label = f"{name} {value}{' *' if value == chosen else ''}"
            print(f"{label:20}", *(f"{share:12.1%}" for share in figures), flush=True)


@cache
def _encoded(text: str) -> Vectors:
    return encoder().encode(text)


def _share(holds: Iterable[object]) -> float:
    rows = [bool(row) for row in holds]
    return sum(rows) / len(rows)


if __name__ == "__main__":
    main()
