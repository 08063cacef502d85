"""Trains the model when there is none for the data as it is.

A model's file name holds a fingerprint of everything that it is made from, so "is training needed"
is "is that file absent".
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import tempfile
from pathlib import Path

from bot.nlu.encoders import GRAPH_PREFIX, graph_folder

MODEL_PREFIX = "objection-bot-"
_MADE_FROM = (
    "config.yml", "domain.yml", "uv.lock", "data/nlu/**/*", "data/calibration/*", "bot/nlu/**/*.py",
    "data/replies/*", "data/lists/*", "bot/understanding/*.py",
)


class TrainingFailed(RuntimeError):
    """Rasa did not produce a model; its log says why."""


def model_path(root: Path, models: Path | None = None) -> Path:
    """Where the model for the data under `root` is, or will be once trained."""
    digest = hashlib.sha256()
    for pattern in _MADE_FROM:
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                digest.update(str(path.relative_to(root)).encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return (models or root / "models") / f"{MODEL_PREFIX}{digest.hexdigest()[:16]}.tar.gz"


def train_when_needed(root: Path, models: Path | None = None, force: bool = False) -> Path:
    """Train the model unless the one for the present data exists; returns its path.

    Raises:
        TrainingFailed: there is no model after training.
    """
    target = model_path(root, models)
    if target.exists() and not force:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    from rasa.model_training import train

    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        log = io.StringIO()
        with contextlib.redirect_stderr(log), contextlib.redirect_stdout(log):
            result = train(
                domain=str(root / "domain.yml"),
                config=str(root / "config.yml"),
                training_files=[str(root / "data" / "nlu")],
                output=folder,
                fixed_model_name="model",
                force_training=force,
            )
        if result.model is None or result.code != 0:
            raise TrainingFailed(f"Training did not produce a model.\n{log.getvalue()[-4000:]}")
        # Renamed at the end: whoever starts meanwhile sees a whole model or none.
        os.replace(result.model, target)
    _remove_old(target.parent)
    return target


def _remove_old(models: Path, kept: int = 3) -> None:
    """Remove all but the newest models, and graphs of encoders; another process may still be
    loading the one before."""
    for pattern in (f"{MODEL_PREFIX}*.tar.gz", f"{GRAPH_PREFIX}*"):
        newest_first = sorted(
            models.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True
        )
        for old in newest_first[kept:]:
            if old.name == graph_folder().name:
                continue
            if old.is_dir():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)
