"""Clean text: what every field is read from.

Removed everywhere: control characters, lone surrogates, and invisible format characters such as
bidi overrides and zero-width spaces, which can make a stored value look like another one.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clean", "clean_compatible", "clean_lines"]

_JOINERS = "\u200c\u200d"
# Arabic, Persian and the Indic scripts spell some names with a joiner between two letters.
_IDLE_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]+|[\u200c\u200d]+(?![\u0600-\u0dff])")


def clean(text: str) -> str:
    """One line of text in NFC, with single spaces and nothing invisible."""
    text = unicodedata.normalize("NFC", _visible(text))
    return " ".join(_IDLE_JOINER.sub("", text).split())


def clean_compatible(text: str) -> str:
    """As `clean`, in NFKC: "＠" becomes "@". For e-mail addresses, handles and codes."""
    return clean(unicodedata.normalize("NFKC", _visible(text)))


def clean_lines(text: str) -> str:
    """As `clean`, line by line, with at most one empty line between paragraphs.

    Joiners stay, because emoji are put together with them.
    """
    text = unicodedata.normalize("NFC", _visible(text.replace("\r\n", "\n").replace("\r", "\n")))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _visible(text: str) -> str:
    return "".join(
        char
        for char in text
        if char.isspace()
        or char in _JOINERS
        or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )
