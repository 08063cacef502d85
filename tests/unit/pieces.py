"""What the bot's patterns are made of, so that texts can be made of the same."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from itertools import pairwise

import actions
import bot

_CLASS = re.compile(r"\[\^?((?:\\.|[^\]\\])+)\]")
_SYNTAX = re.compile(r"\(\?(?:P<\w+>|[:=!]|<[=!]|-?i:)|\\[bBAZ]|[{]\d*,?\d*[}]")
_WORDS = re.compile(r"(?:[^\W_]| |['’@.])+")


def load_all_patterns() -> None:
    """Import every module that has patterns."""
    for root in (actions, bot):
        for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            if not module.name.endswith((".__main__", ".env")):
                importlib.import_module(module.name)


def pieces(source: str) -> list[str]:
    """The words of a pattern, and the characters of its classes."""
    plain = _SYNTAX.sub("|", source)
    signs = "".join(_CLASS.findall(plain)).replace(r"\w", "a1").replace(r"\s", " \n")
    words = _WORDS.findall(_CLASS.sub("|", re.sub(r"\\.", "|", plain)))
    found = [*(word.strip(".") for word in words), *signs.replace("\\", ""), "a", "1", " ", "."]
    return list(dict.fromkeys(filter(None, found)))


def runs_of(source: str) -> Iterator[str]:
    """What a text for this pattern repeats: each piece, with a gap, two in turn, the first ones.

    All are short, so that a longer text has more of the same and nothing new.
    """
    own = pieces(source)
    yield from own
    yield from (f"{piece} " for piece in own if piece.strip())
    yield from map("".join, pairwise(own))
    yield " ".join(own)[:60]
