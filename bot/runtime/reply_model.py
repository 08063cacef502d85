"""The replies' half of the trained model by itself, for commands and measurements."""

from __future__ import annotations

import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path

from bot.nlu.replies.component import encode
from bot.nlu.replies.model import ReplyModel
from bot.runtime.training import train_when_needed
from bot.settings import ROOT

__all__ = ["loaded_model"]


@lru_cache(maxsize=1)
def loaded_model() -> ReplyModel:
    """The model for the present data; trained first when there is none."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(train_when_needed(ROOT)) as archive:
            archive.extractall(folder, filter="data")
        (found,) = Path(folder).rglob("spans.crfsuite")
        return ReplyModel.load(found.parent, encode)
