"""What others publish for everybody to test with; `tests/data/README.md` says what and whose."""

from __future__ import annotations

import json
from typing import Any

from bot.settings import ROOT

_DATA = ROOT / "tests" / "data"


def read(name: str) -> list[Any]:
    """The strings or vectors of `tests/data/<name>.json`."""
    found: list[Any] = json.loads((_DATA / f"{name}.json").read_text("utf-8"))
    return found


# The Big List of Naughty Strings, and of it what wants to be run: by a browser, or a template.
NAUGHTY: tuple[str, ...] = tuple(read("blns"))
MARKUP = tuple(text for text in NAUGHTY if "<" in text or "script:" in text or "onfocus" in text)
