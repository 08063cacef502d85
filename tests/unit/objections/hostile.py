"""Text that wants to break a parser, and how a refusal is looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from bot.objections.errors import FieldError

HOSTILE = {
    "nothing": "",
    "blanks": " \t\n\u00a0\u3000 ",
    "emoji only": "😀🎉",
    "very long": "x" * 5000,
    "markup": "<script>alert(1)</script>",
    "control characters": "\x00\x01\x1b",
    "lone surrogate": "\ud800",
    "bidi override": "\u202e\u2066",
    "zero width": "\u200b\u200d\ufeff",
}

# Text made of the pieces the parsers look for goes deeper into them than random letters do.
PIECES = [
    *("@", ".", "_", "/", ",", ":", "(", ")", " ", "\n", "-", "'", "’", "<", ">", "?", "=", "&"),
    *("facebook", "insta", " instagram ", " fb ", "facebook.com/", "https://", "profile.php?id="),
    *("ana", "ana.s", "ana_b", " and ", " is ", " at ", " dot ", "mailto:", ".org", "example"),
    *("Spain", "no", " the ", "i live in ", "1000123", "xn--", "ß", "İ", "\u0301", "ſ", "\u200c"),
    *("van ", "mc", "o'", "www.", "%00", "%", "[", "]", "://", "٣", "\ud800", "\x00", "people/"),
]
texts = st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def refused_as(parse: Callable[..., object], *given_values: str) -> str:
    with pytest.raises(FieldError) as caught:
        parse(*given_values)
    return caught.value.code


def refused_in_plain_words(parse: Callable[[str], object], field: str, text: str) -> None:
    """Checks that `text` is refused as a value of `field`, in words that do not repeat it."""
    with pytest.raises(FieldError) as caught:
        parse(text)
    error = caught.value
    assert error.field == field
    assert error.sentence.endswith((".", "?"))
    assert "!" not in error.sentence
    assert not text.strip() or text not in error.sentence


def parsed_or_refused(parse: Callable[[str], object], text: str) -> object:
    """The value, or None where the text was refused. Any other exception passes through."""
    try:
        return parse(text)
    except FieldError as error:
        refusal = error
    assert refusal.code
    assert refusal.sentence
    assert str(refusal) == refusal.code
    return None
