"""Patterns find what Python's `re` finds, in every script, and refuse what takes longer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import patterns
from bot.patterns import Pattern, PatternError
from tests.unit.pieces import load_all_patterns, pieces

load_all_patterns()

# Every letter has a neighbour here: other scripts, marks, odd cases, joiners, a lone surrogate.
_UNICODE = (
    "éÉßẞıİſK Ωµμςσ हिन्दी 名前 한국 ـم ०१² ½Ⅷ _‿ \u00a0\u2028\u3000\n\t\u200d😀\ud800\U000e0100"
)
_END = re.compile(r"\\.|\[\^?\]?(?:[^\]\\]|\\.)*\]|\$", re.DOTALL)


def of_python(pattern: Pattern) -> re.Pattern[str]:
    """The same pattern for `re`, where `$` would also be the place before a last line break."""
    source = _END.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern.pattern)
    return re.compile(source, re.IGNORECASE if pattern.ignore_case else 0)


def all_found(pattern: Any, text: str) -> list[object]:
    def told(match: Any) -> object:
        return match and (match.span(), match.groups(), match.groupdict())

    return [
        [told(match) for match in pattern.finditer(text)],
        told(pattern.match(text)),
        told(pattern.fullmatch(text)),
        told(pattern.search(text, 3)),
        pattern.split(text),
        pattern.sub("<>", text, count=2),
    ]


def texts(pattern: Pattern) -> st.SearchStrategy[str]:
    """Texts that a pattern may take, or nearly: short, for `re` may need for ever for others."""
    own = st.sampled_from([*pieces(pattern.pattern), " ", "", *_UNICODE])
    return st.lists(st.one_of(own, own, st.characters()), max_size=9).map("".join)


@pytest.mark.parametrize("pattern", patterns.compiled, ids=lambda pattern: pattern.pattern[:40])
def test_every_pattern_finds_what_re_finds(pattern: Pattern) -> None:
    theirs = of_python(pattern)

    @settings(max_examples=40, deadline=None, database=None)
    @given(texts(pattern))
    def same(text: str) -> None:
        assert all_found(pattern, text) == all_found(theirs, text)

    same()


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize(
    "source",
    [
        r"\w+", r"\W+", r"\d+", r"\D", r"\s+", r"\S+", r".", r"[^\W\d_]+", r"[^\w\s]", r"\b",
        r"\b\w", r"\w\b", r"\b[^\W_]{1,2}\b", r"(?<!\w)\w\w", r"\w(?!\w)", r"(?<=\w)\W",
        r"\W(?=\d)",
        r"straße|ſ|k|i", r"[a-zé]+", r"[^a-zé]+", r"[À-ÿ]", r"[А-яё]+", r"[\u4e00-\u9fff]+",
        r"^\w|\w$", r"(?:^|(?<=\s))\S+(?=\s|$)", r"(?<=\bé )\w+|(?= \w)", r"(?P<a>\w)|(?P<b>\W)",
        r"a(?=\d|)", r"a(?=)\W?", r"(?<=\w|\s)\w", r"(?<=\w\W)\w(?=\W\w|$)",
    ],
)
def test_every_script_is_read_as_re_reads_it(source: str, ignore_case: bool) -> None:
    ours = Pattern(source, ignore_case=ignore_case)
    theirs = of_python(ours)

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.lists(st.one_of(st.characters(), st.sampled_from(_UNICODE + "kKiIsS")), max_size=12))
    def same(characters: list[str]) -> None:
        text = "".join(characters)
        assert all_found(ours, text) == all_found(theirs, text)

    same()


def every_character() -> Iterator[str]:
    for start in range(0, 0x110000, 0x1000):
        yield "".join(map(chr, range(start, start + 0x1000)))


@pytest.mark.parametrize("source", [r"\w", r"\d", r"\s", r"[^\W\d_]", r"[\u4e00-\u9fff]"])
def test_each_character_there_is_belongs_where_re_has_it(source: str) -> None:
    ours, theirs = Pattern(source), re.compile(source)
    for text in every_character():
        expected = [match.start() for match in theirs.finditer(text)]
        assert [match.start() for match in ours.finditer(text)] == expected


@pytest.mark.parametrize(
    "source",
    [
        r"(a)\1", r"(?P<x>a)(?P=x)", r"(?=.*a)b", r"(?<!a+)b", r"(?!a{2,})b", r"(?=\w*)", r"a(?=b",
        r"\b*a", r"\B", r"(a", r"a)", r"\p{L}", r"[一-豈]", "[\U00020000-\U0002a6df]", r"a{1001}",
    ],
)
def test_what_cannot_be_matched_in_linear_time_is_refused(source: str) -> None:
    with pytest.raises((PatternError, re.error)):
        patterns.compile(source)
    assert source not in {pattern.pattern for pattern in patterns.compiled}


def test_a_text_is_cut_and_filled_in_as_it_is() -> None:
    comma = Pattern(r"\s*(,)\s*|;")
    assert comma.split("a , b;c,d", 2) == ["a", ",", "b", None, "c,d"]
    assert comma.sub(r"\1", "a,b;c") == r"a\1b\1c"
    assert comma.sub(lambda found: f"<{found[0]}>", "ä , b;c", count=1) == "ä< , >b;c"
