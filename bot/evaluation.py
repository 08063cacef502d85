"""How well questions are understood: topics that are right, offered, confused, turned away."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.nlu.topics import OUT_OF_SCOPE


class EvaluationError(Exception):
    """A file of cases cannot be read; the message names the line."""


@dataclass(frozen=True)
class Case:
    """A text and the topics that are right for it.

    Attributes:
        before: the person's question before it, for a follow-up.
    """

    text: str
    topic: str
    alternatives: frozenset[str] = frozenset()
    before: str | None = None

    def accepts(self, topic: str) -> bool:
        """Whether deciding for `topic` is right."""
        return topic == self.topic or topic in self.alternatives


@dataclass(frozen=True)
class Outcome:
    """What was decided for a text: a topic, and further ones that were answered or offered."""

    topic: str
    besides: tuple[str, ...] = ()


def read(path: Path) -> list[Case]:
    """Read lines of `{"text", "topic", "alt", "before"}`; the last two may be left out.

    Raises:
        EvaluationError: the file is absent, empty, or a line is not of that shape.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path} cannot be read.") from error
    cases = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            alternatives = frozenset(row.get("alt") or ())
            case = Case(row["text"], row["topic"], alternatives, row.get("before"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationError(f"{path}, line {number}: not a text with a topic.") from error
        if not isinstance(case.text, str) or not isinstance(case.topic, str):
            raise EvaluationError(f"{path}, line {number}: not a text with a topic.")
        cases.append(case)
    if not cases:
        raise EvaluationError(f"{path} holds no lines.")
    return cases


@dataclass(frozen=True)
class Report:
    """Cases with what was decided for each."""

    decided: tuple[tuple[Case, Outcome], ...]
    topics: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, cases: Sequence[Case], decide: Callable[[Case], Outcome]) -> Report:
        """Decide for every case."""
        decided = tuple((case, decide(case)) for case in cases)
        topics = sorted(
            {case.topic for case in cases} | {outcome.topic for _, outcome in decided}
        )
        return cls(decided, tuple(topics))

    def as_dict(self) -> dict[str, Any]:
        """Shares are 0 to 1.

        `accuracy`, `n`, `by_topic`, `errors`, `out_of_scope`; `answered_or_offered`: a right topic
        was among those answered or offered; `turned_away`: real questions taken for none of ours.
        """
        return {
            "accuracy": self._share(lambda case, outcome: case.accepts(outcome.topic)),
            "n": len(self.decided),
            "answered_or_offered": self._share(
                lambda case, outcome: any(map(case.accepts, (outcome.topic, *outcome.besides)))
            ),
            "turned_away": self._share(
                lambda case, outcome: OUT_OF_SCOPE == outcome.topic != case.topic
            ),
            "by_topic": {topic: self._of_topic(topic) for topic in self._expected()},
            "errors": [
                {"text": case.text, "topic": case.topic, "decided": outcome.topic}
                for case, outcome in self.decided
                if not case.accepts(outcome.topic)
            ],
            "out_of_scope": self._out_of_scope(),
        }

    def confusions(self) -> list[list[int]]:
        """Counts: a row per expected topic, a column per decided one, both as in `topics`."""
        index = {topic: i for i, topic in enumerate(self.topics)}
        counts = [[0] * len(self.topics) for _ in self.topics]
        for case, outcome in self.decided:
            topic = outcome.topic
            expected = topic if case.accepts(topic) and topic != case.topic else case.topic
            counts[index[expected]][index[topic]] += 1
        return counts

    def _share(self, holds: Callable[[Case, Outcome], bool]) -> float:
        return sum(holds(case, outcome) for case, outcome in self.decided) / len(self.decided)

    def _expected(self) -> list[str]:
        return sorted({case.topic for case, _ in self.decided})

    def _of_topic(self, topic: str) -> dict[str, Any]:
        own = [(case, out.topic) for case, out in self.decided if case.topic == topic]
        wrong = Counter(decided for case, decided in own if not case.accepts(decided))
        return {
            "n": len(own),
            "accuracy": 1 - sum(wrong.values()) / len(own),
            "confused_with": dict(wrong.most_common(3)),
        }

    def _out_of_scope(self) -> dict[str, float | None]:
        """None where the cases do not say: recall without such cases, for example."""
        turned_away = [case for case, out in self.decided if out.topic == OUT_OF_SCOPE]
        meant = [out.topic for case, out in self.decided if case.topic == OUT_OF_SCOPE]
        caught = meant.count(OUT_OF_SCOPE)
        return {
            "precision": (
                sum(case.accepts(OUT_OF_SCOPE) for case in turned_away) / len(turned_away)
                if turned_away and meant
                else None
            ),
            "recall": caught / len(meant) if meant else None,
        }


def draw(report: Report, path: Path) -> None:
    """Draw the confusion matrix as a picture; rows expected, columns decided."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    counts = np.array(report.confusions(), dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = max(5.0, 0.26 * len(report.topics) + 2.5)
    figure, axes = plt.subplots(figsize=(size, size), layout="constrained")
    axes.imshow(np.where(counts.sum(axis=1, keepdims=True) > 0, shares, np.nan), cmap="Blues")
    axes.set_xticks(range(len(report.topics)), report.topics, rotation=90, fontsize=7)
    axes.set_yticks(range(len(report.topics)), report.topics, fontsize=7)
    axes.set_xlabel("decided")
    axes.set_ylabel("expected")
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, int(counts[row, column]), ha="center", va="center",
                  fontsize=6, color=colour)
    accuracy = report.as_dict()["accuracy"]
    axes.set_title(f"{accuracy:.1%} of {len(report.decided)} right", fontsize=10)
    figure.savefig(path, dpi=150)
    plt.close(figure)
