"""Clean text: what every field is read from.

Removed everywhere: control characters, lone surrogates, and invisible format characters such as
bidi overrides and zero-width spaces, which can make a stored value look like another one.
"""

from __future__ import annotations

import unicodedata

from bot import patterns

__all__ = ["clean", "clean_compatible", "clean_lines"]

_SPELLED_OUT = 40
_JOINERS = "\u200c\u200d"
# Arabic, Persian and the Indic scripts spell some names with a joiner between two letters.
_JOINED = patterns.compile(r"[\u200c\u200d]+")
_EMPTY_LINES = patterns.compile(r"\n{3,}")


def clean(text: str) -> str:
    """One line of text in NFC, with single spaces and nothing invisible."""
    text = unicodedata.normalize("NFC", _visible(text))
    return " ".join(_JOINED.sub(_joiner, text).split())


def clean_compatible(text: str) -> str:
    """As `clean`, in NFKC: "＠" becomes "@". For e-mail addresses, handles and codes."""
    text = _visible(text)
    compatible = unicodedata.normalize("NFKC", text)
    # One sign can become eighteen letters. None of these is written in such.
    return clean(compatible if len(compatible) <= 2 * len(text) + _SPELLED_OUT else text)


def clean_lines(text: str) -> str:
    """As `clean`, line by line, with at most one empty line between paragraphs.

    Joiners stay, because emoji are put together with them.
    """
    text = unicodedata.normalize("NFC", _visible(text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _joiner(found: patterns.Match) -> str:
    """One joiner where it joins two letters of these scripts, else nothing."""
    start, end = found.span()
    around = found.string[max(0, start - 1) : start] + found.string[end : end + 1]
    joins = len(around) == 2 and all("\u0600" <= char <= "\u0dff" for char in around)
    return found[0] if joins and end - start == 1 else ""


def _visible(text: str) -> str:
    return "".join(
        char
        for char in text
        if char.isspace()
        or char in _JOINERS
        or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )
