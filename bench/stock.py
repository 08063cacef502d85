"""Stock Rasa models made from this project's training data: the peers in every comparison.

Their topics are plain intents (`faq__data_used` for `faq/data_used`), as a Rasa project without
components of its own would have them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from rasa.engine.caching import CACHE_SIZE_ENV
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
    "encoders": [
        {"name": "bot.nlu.featurizer.SentenceFeaturizer"},
        {"name": "LogisticRegressionClassifier"},
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
    """The stock model of that name, trained when there is none for the present examples."""
    files = _files(name)
    digest = hashlib.sha256("".join(files.values()).encode()).hexdigest()
    folder = CACHE / f"{name}-{digest[:12]}"
    took = folder / "seconds"
    if not took.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_text(content, encoding="utf-8")
        took.write_text(str(_train(folder)), encoding="utf-8")
    return Stock(_classifier(folder / "nlu.tar.gz"), float(took.read_text("utf-8")))


def _files(name: str) -> dict[str, str]:
    """What a project consists of: its configuration and its examples."""
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in sorted(examples().items())
    ]
    config = {"recipe": "default.v1", "language": "en", "pipeline": PIPELINES[name], "policies": []}
    return {
        "config.yml": yaml.safe_dump(config),
        "nlu.yml": yaml.safe_dump({"version": "3.1", "nlu": nlu}, width=10_000),
    }


def examples() -> dict[str, list[str]]:
    """The examples of this project, by plain intent."""
    found: dict[str, list[str]] = {}
    data = RasaFileImporter(training_data_paths=str(ROOT / "data" / "nlu")).get_nlu_data()
    for example in data.intent_examples:
        intent = example.get_full_intent().replace("/", "__")
        found.setdefault(intent, []).append(example.get(TEXT))
    return found


def _train(folder: Path) -> float:
    """Train, and return how many seconds that took."""
    from rasa.model_training import train_nlu

    began = time.monotonic()
    with (
        # What Rasa kept of an earlier training would make this one look fast.
        patch.dict(os.environ, {CACHE_SIZE_ENV: "0"}),
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
