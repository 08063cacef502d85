"""The ladder: what each step of the understanding adds, on the same questions (`make evaluate`).

From what `rasa init` gives, over each encoder with a plain classifier, to what is served. Each rung
is trained on the same examples and, where it has a border to "out of scope" of its own, calibrated
on the same calibration set.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from bench import stock
from bot.evaluation import Case, Outcome, Report, draw, read
from bot.log import configure
from bot.nlu.encoders import MINILM_DIMENSIONS, capped, encoder
from bot.nlu.featurizer import as_read
from bot.nlu.recogniser import TURNED_AWAY, Recogniser
from bot.nlu.spelling import Speller
from bot.nlu.topics import OUT_OF_SCOPE
from bot.runtime.training import train_when_needed
from bot.runtime.understanding import Understanding
from bot.settings import ROOT, Settings

EVALUATION = ROOT / "tests" / "evaluation"
RESULTS = ROOT / "bench" / "results" / "understanding.json"
MINILM, BOTH = slice(MINILM_DIMENSIONS), slice(None)
USE = slice(MINILM_DIMENSIONS, None)

Decide = Callable[[Case], Outcome]


@dataclass(frozen=True)
class Rung:
    """One line of the ladder; shares are 0 to 1.

    Attributes:
        right: of the questions in faq.jsonl, decided for a topic that is right.
        offered: answered or offered a right topic.
        turned_away: taken for out of scope.
        caught_far, caught_near: of the texts in out_of_scope.jsonl.
        seconds: to train, the encoding of the examples included where there is one; None for what
            is measured by `make train`.
        milliseconds: a question, on one core, encoded.
    """

    name: str
    right: float
    offered: float
    turned_away: float
    caught_far: float
    caught_near: float
    seconds: float | None
    milliseconds: float


class Examples:
    """The training examples with their vectors, encoded once for all rungs that use them."""

    def __init__(self, corrects: bool) -> None:
        pairs = [*_examples()]
        self.topics = [topic for _, topic in pairs]
        self._speller = Speller.learn([t for t, _ in pairs], encoder().vocabulary)
        self._corrects = corrects
        self.texts = [self.read(text) for text, _ in pairs]
        began = time.monotonic()
        self.vectors = np.stack([*encoder().encode_all(self.texts)])
        self.seconds = time.monotonic() - began
        cases = read(ROOT / "data" / "calibration" / "in_scope.jsonl")
        self.calibration = [
            (encoder().encode(self.read(case.text)), self.read(case.text),
             case.alternatives | {case.topic})
            for case in cases
        ]

    def read(self, text: str) -> str:
        """A text as this rung reads it."""
        return as_read(text, self._speller) if self._corrects else capped(text)


def main() -> None:
    """Climb the ladder, print it, keep it, and draw the confusions of what is served."""
    configure("WARNING")
    console = Console()
    rungs = []
    for rung in _rungs():
        console.print(f"[dim]{rung.name}: {rung.right:.1%}[/dim]")
        rungs.append(rung)
    console.print(_table(rungs))
    served = _served()
    follow_ups = Report.of(read(EVALUATION / "followups.jsonl"), served).as_dict()
    console.print(
        f"follow-ups: {follow_ups['accuracy']:.1%} right, {follow_ups['answered_or_offered']:.1%} "
        f"answered or offered, of {follow_ups['n']}"
    )
    picture = ROOT / "var" / "confusion.png"
    draw(Report.of(read(EVALUATION / "faq.jsonl"), served), picture)
    console.print(f"confusions: {picture.relative_to(ROOT)}")
    RESULTS.parent.mkdir(exist_ok=True)
    result = {
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "ladder": [asdict(rung) for rung in rungs],
        "follow_ups": {name: follow_ups[name] for name in ("accuracy", "answered_or_offered", "n")},
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _rungs() -> Iterator[Rung]:
    for name, title in (
        ("default", "Rasa's default: count vectors, DIET"),
        ("logistic", "Rasa's logistic regression, count vectors"),
        ("encoders", "Rasa's logistic regression on both encoders"),
    ):
        model = stock.trained(name)
        yield _measured(title, model.outcome, model.seconds)
    plain = Examples(corrects=False)
    for title, part in (
        ("MiniLM, logistic regression, own gate", MINILM),
        ("universal sentence encoder, the same", USE),
        ("both encoders, the same", BOTH),
    ):
        yield _timed(title, plain, lambda part=part: _logistic(plain, part))
    yield _timed("both, kernel machine on meaning", plain, lambda: _kernel(plain, terms=False))
    yield _timed("… and on words and letters", plain, lambda: _kernel(plain, terms=True))
    read = Examples(corrects=True)
    yield _timed("… and slips corrected", read, lambda: _kernel(read, terms=True))
    yield _measured("as served: offers, several questions", _served(), None)


def _timed(title: str, examples: Examples, train: Callable[[], Decide]) -> Rung:
    began = time.monotonic()
    decide = train()
    return _measured(title, decide, time.monotonic() - began + examples.seconds)


def _measured(title: str, decide: Decide, seconds: float | None) -> Rung:
    questions = read(EVALUATION / "faq.jsonl")
    foreign = EVALUATION / "out_of_scope.jsonl"
    kinds = [json.loads(line)["kind"] for line in foreign.read_text("utf-8").splitlines()]
    caught = [decide(case).topic == OUT_OF_SCOPE for case in read(foreign)]
    report = Report.of(questions, decide).as_dict()
    return Rung(
        title,
        report["accuracy"],
        report["answered_or_offered"],
        report["turned_away"],
        float(np.mean([c for c, kind in zip(caught, kinds, strict=True) if kind == "far"])),
        float(np.mean([c for c, kind in zip(caught, kinds, strict=True) if kind == "near"])),
        seconds,
        milliseconds(decide, questions),
    )


def milliseconds(decide: Decide, cases: Sequence[Case]) -> float:
    """The median time of a question, on one core."""
    took = []
    with threadpool_limits(1):
        for case in cases[:200]:
            began = time.perf_counter()
            decide(case)
            took.append(time.perf_counter() - began)
    return float(np.median(took) * 1000)


def _logistic(examples: Examples, part: slice) -> Decide:
    """Logistic regression for the topics, a support vector machine for the gate."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    inside = np.array([topic != OUT_OF_SCOPE for topic in examples.topics])
    vectors = examples.vectors[:, part]
    model = LogisticRegression(C=10, max_iter=300, tol=1e-2).fit(
        vectors[inside], [topic for topic in examples.topics if topic != OUT_OF_SCOPE]
    )
    gate = SVC(C=5, gamma=0.5, class_weight="balanced").fit(vectors, inside)
    calibration = np.stack([vector[part] for vector, *_ in examples.calibration])
    border = np.quantile(gate.decision_function(calibration), TURNED_AWAY)

    def decide(case: Case) -> Outcome:
        vector = encoder().encode(examples.read(case.text))[part][np.newaxis]
        first = model.classes_[np.argsort(-model.predict_log_proba(vector)[0])[:3]]
        if gate.decision_function(vector)[0] < border:
            return Outcome(OUT_OF_SCOPE)
        return Outcome(str(first[0]))

    return decide


def _kernel(examples: Examples, terms: bool) -> Decide:
    texts = examples.texts if terms else [""] * len(examples.texts)
    recogniser = Recogniser.fit(examples.vectors, texts, examples.topics).calibrated(
        [(vector, text if terms else "", right) for vector, text, right in examples.calibration]
    )

    def decide(case: Case) -> Outcome:
        text = examples.read(case.text)
        reading = recogniser.read(encoder().encode(text), text if terms else "")
        if reading.ours < 0:
            return Outcome(OUT_OF_SCOPE)
        return Outcome(recogniser.topics[int(reading.probabilities.argmax())])

    return decide


def _served() -> Decide:
    return Understanding(train_when_needed(ROOT), Settings.load()).outcome


def _examples() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "data" / "nlu").glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8")).get("nlu", []):
            for line in block["examples"].splitlines():
                yield line.removeprefix("- ").strip(), block["intent"]


def _table(rungs: Sequence[Rung]) -> Table:
    table = Table(box=None)
    for column in ("", "right", "or offered", "turned away", "caught far", "near", "train", "ms"):
        table.add_column(column, justify="left" if not column else "right")
    for rung in rungs:
        shares = (rung.right, rung.offered, rung.turned_away, rung.caught_far, rung.caught_near)
        train = "" if rung.seconds is None else f"{rung.seconds:.0f} s"
        table.add_row(
            rung.name, *(f"{share:.1%}" for share in shares), train, f"{rung.milliseconds:.1f}"
        )
    return table


if __name__ == "__main__":
    main()
