"""The notice that the bot stands on: its facts in our own words, its version and its fingerprint.

A text never changes. Other words are another version, in another file, so that the record can say
for each objection which text was shown.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.resources import files

from bot.objections.errors import StorageError

__all__ = ["CONTROLLER", "NOTICE", "Notice", "NoticeChanged", "load"]


class NoticeChanged(StorageError):
    """The record holds another text under this version: nothing is filed until that is settled."""


@dataclass(frozen=True)
class Notice:
    """One version in one language; `sha256` is 64 hex digits over the UTF-8 text."""

    version: str
    language: str
    title: str
    text: str = field(repr=False)
    sha256: str


def load(version: str, language: str) -> Notice:
    """Read `notices/<version>.<language>.txt`; its first line is the title."""
    path = files("bot.objections") / "notices" / f"{version}.{language}.txt"
    # Opened as text: a checkout with Windows line ends must give the same fingerprint.
    with path.open(encoding="utf-8") as file:
        text = file.read()
    return Notice(
        version=version,
        language=language,
        title=text.partition("\n")[0],
        text=text,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )


NOTICE = load("2024-10-09", "en")
# Whose notice it is, as it names itself; all of it is about this one's platforms.
CONTROLLER = "Meta"
