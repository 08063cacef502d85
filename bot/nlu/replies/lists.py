"""Lists of words that tell something of a token: names of people, places and countries, platforms,
words of English."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from bot.nlu.encoders import encoder
from bot.objections import countries, places
from bot.objections.accounts import OTHER_PLATFORMS, PLATFORM_WORDS
from bot.settings import ROOT

__all__ = ["english", "kinds"]

_FOLDER: Path = ROOT / "data" / "lists"


@lru_cache(maxsize=1)
def _names() -> tuple[frozenset[str], frozenset[str]]:
    """Given and family names of many cultures, in lower case."""
    made = json.loads((_FOLDER / "names.json").read_text("utf-8")).values()
    given, family = (
        frozenset(name.lower() for one in made for name in one[kind])
        for kind in ("given", "family")
    )
    return given, family


@lru_cache(maxsize=1)
def english() -> frozenset[str]:
    """Words of English in lower case, names that are frequent in it among them."""
    return encoder().vocabulary


def kinds(word: str) -> list[str]:
    """What a word in lower case may be, by the lists."""
    given, family = _names()
    folded = countries.fold(word)
    found = []
    if word in given:
        found.append("given")
    if word in family:
        found.append("family")
    if word in PLATFORM_WORDS:
        found.append("platform")
    if word in OTHER_PLATFORMS:
        found.append("other_platform")
    if countries.by_name(folded):
        found.append("country")
    if countries.by_demonym(folded):
        found.append("people")
    if places.country_of(folded):
        found.append("place")
    return found
