"""Places that are no countries: large cities, states, provinces, and the country each is in.

Where several countries have a place of that name, the state or the larger city counts
(`scripts/name-lists` says how), so whoever asks by it asks back.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from bot.objections.countries import fold

__all__ = ["country_of"]

_FILE = Path(__file__).resolve().parents[2] / "data" / "lists" / "places.json"


def country_of(name: str) -> str | None:
    """The alpha-2 code of the country that a place is in; None for a place that is not listed."""
    return _places().get(fold(name))


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    places: dict[str, str] = json.loads(_FILE.read_text("utf-8"))
    return places
