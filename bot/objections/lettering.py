"""Text as a page can show it: letters that the font has, joined and in the order in which they are
drawn.

A PDF draws glyph after glyph from left to right and knows nothing of scripts. Arabic letters are
joined here, by Unicode's presentation forms, and right-to-left words are turned (Unicode Annex 9).
Scripts that need more shaping than that, such as Devanagari, are shown letter by letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from fpdf.bidi import BidiParagraph

__all__ = ["MISSING", "drawn", "lacking"]

# An empty box: seen at once, and not to be taken for a letter.
MISSING = "\u25a1"
_FORMS = ("isolated", "final", "initial", "medial")
_LAM_ALEF = frozenset("\u0644" + alef for alef in "\u0622\u0623\u0625\u0627")


def lacking(text: str, has: Callable[[str], bool]) -> bool:
    """Whether `drawn` would put boxes for some letters of `text`."""
    return MISSING in _known(_joined(_plain(text)), has) and MISSING not in text


def drawn(text: str, has: Callable[[str], bool]) -> str:
    """One line of text in drawing order. `has` tells whether the font has a character."""
    text = _known(_joined(_plain(text)), has)
    if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text):
        return BidiParagraph(text).get_reordered_string()
    return text


def _plain(text: str) -> str:
    """Composed, so that "e" and its accent are one glyph, and without control characters."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in composed)


def _known(text: str, has: Callable[[str], bool]) -> str:
    # What only steers the layout of text (category Cf) has done so already, and shows nothing.
    seen = (char for char in text if unicodedata.category(char) != "Cf")
    return "".join(char if has(char) else MISSING for char in seen)


def _joined(text: str) -> str:
    """Arabic letters in the form that their neighbours ask for."""
    forms = _forms()
    if not any(char in forms for char in text):
        return text
    found = ""
    joins_on = False  # whether the letter before reaches out to this one
    index = 0
    while index < len(text):
        # Lam and alef are written as one sign.
        size = 2 if text[index : index + 2] in forms else 1
        letter = text[index : index + size]
        index += size
        shapes = forms.get(letter)
        if shapes is None:
            found += letter
            if unicodedata.combining(letter) == 0:
                joins_on = letter in "\u0640\u200d"
            continue
        following = text[index:].lstrip("".join(c for c in text if unicodedata.combining(c)))
        reaches = "initial" in shapes and following[:1] != "" and _accepts(following[0])
        name = ("medial" if reaches else "final") if joins_on and "final" in shapes else (
            "initial" if reaches else "isolated"
        )
        found += shapes.get(name, letter)
        joins_on = reaches
    return found


def _accepts(letter: str) -> bool:
    """Whether a letter can be joined to the one before it."""
    return letter in "\u0640\u200d" or "final" in _forms().get(letter, {})


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """The presentation forms of each Arabic letter, and of lam with alef, by the names of `_FORMS`.

    Source: the compatibility decompositions of U+FB50 to U+FEFC.
    """
    found: dict[str, dict[str, str]] = {}
    for number in range(0xFB50, 0xFEFD):
        tag, *letters = unicodedata.decomposition(chr(number)).split() or [""]
        name = tag.strip("<>")
        text = "".join(chr(int(letter, 16)) for letter in letters)
        if name in _FORMS and (len(text) == 1 or text in _LAM_ALEF):
            found.setdefault(text, {})[name] = chr(number)
    return found
