"""The number of an objection: `OBJ-XXXX-XXXX-XXXX-XXXX-C`.

80 random bits as 16 characters of Crockford's base32 (no I, L, O, U), then his check character: the
number modulo 37, which catches every single wrong character and every swap of two neighbours.
Source: https://www.crockford.com/base32.html
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable

from bot import patterns
from bot.objections.errors import FieldError

__all__ = ["find_reference", "new_reference", "parse_reference"]

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS = _DIGITS + "*~$=U"
_LOOKALIKES = str.maketrans("OIL", "011")
# Every hyphen and dash, for word processors make one into another.
_DASHES = r"\-\u2010-\u2015\u2212"
_SEPARATORS = patterns.compile(rf"[\s{_DASHES}_.:#]+")
_GAP = rf"[\s{_DASHES}_.]{{0,5}}"
# A letter that goes on means that the last character belongs to the next word.
_END = r"(?![0-9A-Z])"
_WITH_PREFIX = patterns.compile(
    rf"(?<![0-9A-Z])[O0]BJ(?:{_GAP}[0-9A-Z]){{16}}{_GAP}[0-9A-Z*~$=]{_END}"
)
_GROUPED = patterns.compile(
    rf"(?<![0-9A-Z])[0-9A-Z]{{4}}(?:[\s{_DASHES}][0-9A-Z]{{4}}){{3}}[\s{_DASHES}][0-9A-Z*~$=]{_END}"
)


def new_reference(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A fresh reference in its only stored form, the grouped one."""
    number = int.from_bytes(random_bytes(10), "big")
    while number % 37 >= len(_DIGITS):
        # Its check character would be a sign such as "~", which people leave out as punctuation.
        number = (number + 1) % 2**80
    digits = "".join(_DIGITS[number >> shift & 31] for shift in range(75, -1, -5))
    return _grouped(digits + _CHECKS[number % 37])


def parse_reference(text: str) -> str:
    """Read a reference typed in any case and spacing, with O for 0 and I or L for 1.

    Raises FieldError: `reference_incomplete` (not 17 characters after OBJ) or `reference_mistyped`.
    """
    # Anything much longer is no reference, and there is no need to read it all.
    text = _upper(text[:200])
    inside = _WITH_PREFIX.search(text)
    body = _SEPARATORS.sub("", inside.group() if inside else text).strip("\"'`<>()[],;!?")
    if len(body) == 20 and body[:3] in ("OBJ", "0BJ"):
        body = body[3:]
    if len(body) != 17:
        raise FieldError(
            "reference",
            "reference_incomplete",
            "A number starts with OBJ and has 17 more letters and digits. "
            "It is on your confirmation.",
        )
    body = body.translate(_LOOKALIKES)
    if not _is_sound(body):
        raise FieldError(
            "reference",
            "reference_mistyped",
            "One of the characters in that number is not right. "
            "Please compare it with your confirmation.",
        )
    return _grouped(body)


def find_reference(text: str) -> str | None:
    """The first sound reference inside a sentence, or None. Without OBJ it must be in groups."""
    text = _upper(text[:2000])
    for pattern in (_WITH_PREFIX, _GROUPED):
        for match in pattern.finditer(text):
            try:
                return parse_reference(match.group())
            except FieldError:
                continue
    return None


def _upper(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


def _is_sound(body: str) -> bool:
    digits, check = body[:-1], body[-1]
    if not set(digits) <= set(_DIGITS):
        return False
    number = 0
    for digit in digits:
        number = number * 32 + _DIGITS.index(digit)
    return _CHECKS[number % 37] == check


def _grouped(body: str) -> str:
    return "-".join(("OBJ", *(body[start : start + 4] for start in (0, 4, 8, 12)), body[16:]))
