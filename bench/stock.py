"""Stock Rasa models made from this project's training data: the peers in every comparison.

Their topics are plain intents (`faq__data_used` for `faq/data_used`), as a Rasa project without
components of its own would have them.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import TEXT

from bot.evaluation import Case, Outcome
from bot.nlu.topics import OUT_OF_SCOPE, UNSURE
from bot.settings import ROOT

CACHE = ROOT / "var" / "stock"
_WORDS: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
# Rasa's default of 100 epochs takes more than two hours on this many examples; its accuracy on them
# is above 93 % after six.
EPOCHS = 6
_DIET = {
    "name": "DIETClassifier", "epochs": EPOCHS, "constrain_similarities": True, "random_seed": 1
}
_FALLBACK = {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1}

# What `rasa init` writes, and the two nearest things one can do with Rasa's own components.
PIPELINES: dict[str, list[dict[str, Any]]] = {
    "default": [*_WORDS, _DIET, {"name": "EntitySynonymMapper"}, _FALLBACK],
    "logistic": [*_WORDS, {"name": "LogisticRegressionClassifier"}, _FALLBACK],
    "encoders-diet": [
        {"name": "WhitespaceTokenizer"},
        {"name": "bot.nlu.featurizer.SentenceFeaturizer"},
        _DIET,
        _FALLBACK,
    ],
}


@dataclass(frozen=True)
class Stock:
    """A trained stock model.

    Attributes:
        outcome: what it decides for; its fallback is `out_of_scope`.
        seconds: how long its training took.
    """

    outcome: Callable[[Case], Outcome]
    seconds: float


def trained(name: str) -> Stock:
    """The stock model of that name, trained when there is none for the present data."""
    folder = CACHE / f"{name}-{_fingerprint(name)}"
    model, took = folder / "nlu.tar.gz", folder / "seconds"
    if not took.exists():
        folder.mkdir(parents=True, exist_ok=True)
        took.write_text(str(_train(name, folder)), encoding="utf-8")
    return Stock(_classifier(model), float(took.read_text("utf-8")))


def _train(name: str, folder: Path) -> float:
    from rasa.model_training import train_nlu

    importer = RasaFileImporter(training_data_paths=str(ROOT / "data" / "nlu"))
    data = importer.get_nlu_data()
    examples: dict[str, list[str]] = {}
    for example in data.intent_examples:
        intent = example.get_full_intent().replace("/", "__")
        examples.setdefault(intent, []).append(example.get(TEXT))
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in sorted(examples.items())
    ]
    config = {"recipe": "default.v1", "language": "en", "pipeline": PIPELINES[name], "policies": []}
    for file, content in (
        ("config.yml", config),
        ("nlu.yml", {"version": "3.1", "nlu": nlu}),
    ):
        (folder / file).write_text(yaml.safe_dump(content, width=10_000), encoding="utf-8")
    began = time.monotonic()
    with (
        (folder / "train.log").open("w", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        train_nlu(
            str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder), fixed_model_name="nlu"
        )
    return time.monotonic() - began


def _classifier(model: Path) -> Callable[[Case], Outcome]:
    import asyncio

    from rasa.core.agent import Agent

    agent = Agent.load(str(model))

    def outcome(case: Case) -> Outcome:
        parsed = asyncio.run(agent.parse_message(case.text))
        intent = str(parsed["intent"]["name"]).replace("__", "/")
        return Outcome(OUT_OF_SCOPE if intent in (UNSURE, "None") else intent)

    return outcome


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(repr(PIPELINES[name]).encode())
    for path in sorted((ROOT / "data" / "nlu").rglob("*.yml")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
