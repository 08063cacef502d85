"""Patterns that match in linear time: the only ones that may read what a person typed.

Python's `re` tries one way after the other, and where a text fits in many ways that takes for ever.
re2 goes through a text once, whatever is in it, and knows neither look-arounds nor any letter but
ASCII's where a word ends. So a text is shown to it as bytes, one a character:

- Python's `re`, asked about one character at a time, says which part of a pattern takes it. All
  characters that the same parts take are one byte. So `\\w`, `\\d`, `\\s` and case are Python's,
  for every script, and places in the text stay what they are.
- Where a pattern looks around (`\\b`, `(?<!\\w)`, `(?= |$)`), the bytes alternate with others that
  stand for the gaps between characters and say what holds there. To look around is then to read the
  gap. What a longer look-around is after is found beforehand, in a pass of its own.

The syntax is that of `re`. What cannot be done in linear time is refused when it is compiled:
back-references, and look-arounds without a longest length. `$` is the very end of the text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import re2

__all__ = ["Match", "Pattern", "PatternError", "compile", "compiled", "escape"]

escape = re.escape


class PatternError(ValueError):
    """The pattern cannot be matched in linear time, or not with one byte a character."""


# --- characters ---------------------------------------------------------------------------------

_ASCII = "".join(map(chr, range(128)))
# Ranges of more letters than are told apart one by one. A pattern has them whole or not at all.
_BLOCKS = ("\u3400-\u9fff", "\u4e00-\u9fff", "\uac00-\ud7af", "\ud800-\udfff")
_LARGEST_RANGE = 512
# Planes from here on have no letters, digits or spaces.
_LETTERS_END = 0x40000
# To `re`, these are other cases of letters that do not lead back to them.
_ODD_CASES = "İıſK\u212b\u2126µςẞ"
# Characters that never are, for those that no pattern names: one for all that are of one kind.
_FIRST_KIND = 0xFDD0


def _kinds() -> tuple[array[int], dict[int, str]]:
    """For each code point what it is taken for, ASCII for itself; and a character of each kind."""
    everything = array("I", range(_LETTERS_END)).tobytes().decode("utf-32", "surrogatepass")
    bits = bytearray(_LETTERS_END)
    for bit, one in enumerate((r"\w", r"\d", r"\s", *(f"[{block}]" for block in _BLOCKS))):
        for run in re.finditer(f"{one}+", everything):
            start, end = run.span()
            bits[start:end] = bits[start:end].translate(bytes(i | 1 << bit for i in range(256)))
    samples = {kind: everything[bits.rindex(kind)] for kind in set(bits[128:])}
    codes = {kind: _FIRST_KIND + index for index, kind in enumerate(sorted(set(bits)))}
    table = array("I", map(codes.__getitem__, bits))
    table.extend(array("I", [codes[0]]) * (0x110000 - _LETTERS_END))
    table[:128] = array("I", range(128))
    return table, {codes[kind]: sample for kind, sample in samples.items()}


_kind_of, _samples = _kinds()
# Characters that some pattern names, with their kinds.
_named: dict[int, int] = {}


def _name(characters: str) -> None:
    for character in characters:
        code = ord(character)
        if character in _samples.values():
            raise PatternError(f"{character!r} stands for its kind and can be in no pattern")
        if code > 127 and code not in _named:
            _named[code], _kind_of[code] = _kind_of[code], code


class _Symbols(dict[int, int]):
    """From characters to the bytes that they are for one pattern."""

    def __missing__(self, code: int) -> int:
        # Only what other patterns name is missing, so this stays small.
        return self.setdefault(code, self[_named[code]])


# --- taking a pattern apart ---------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?P<look>\(\?<?[=!])|(?P<case>\(\?-?i:)|(?P<open>\(\?:|\(\?P<\w+>|\((?!\?))|(?P<close>\))"
    r"|(?P<times>(?:[*+?]|\{\d+(?:,\d*)?\})\??)|(?P<either>\|)"
    r"|(?P<start>\^|\\A)|(?P<end>\$|\\Z)|(?P<edge>\\b)"
    r"|(?P<one>\[\^?\]?(?:[^\]\\]|\\.)*\]|\\x[0-9a-fA-F]{2}|\\[^0-9ABZbuxN]|[^\\\[(){}|*+?^$])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([89a-fA-F][0-9a-fA-F])|.)", re.DOTALL)
_IN_CLASS = re.compile(r"\\.|([^\\])-([^\]])|.", re.DOTALL)


class _One(NamedTuple):
    """What takes one character."""

    source: str
    ignore_case: bool = False


_WORD = _One(r"\w")
_NOTHING = _One("")


class _Look(NamedTuple):
    """What holds between two characters, or does not.

    `content` is None for the edge of a word, one or another of several characters (`_NOTHING` is
    the start or the end of the text), or a longer pattern.
    """

    content: tuple[_One, ...] | Pattern | None
    behind: bool = False
    negated: bool = False


@dataclass
class _Place:
    """All that has to hold in one place."""

    looks: list[_Look] = field(default_factory=list)


_Piece = str | _One | _Place


def _pieces(source: str, ignore_case: bool) -> list[_Piece]:
    """A pattern as what is re2's syntax already, what takes a character, and what looks around."""
    pieces: list[_Piece] = []
    cases = [ignore_case]
    position = 0
    while position < len(source):
        token = _TOKEN.match(source, position)
        if token is None:
            raise PatternError(f"not in linear time: {source[position : position + 20]!r}")
        position = token.end()
        kind, text = token.lastgroup, token.group()
        if kind in ("look", "edge", "start", "end"):
            if kind == "edge":
                look = _Look(None)
            elif kind in ("start", "end"):
                look = _Look((_NOTHING,), behind=kind == "start")
            else:
                end = _end_of_group(source, position)
                content = _content(source[position:end], cases[-1])
                look = _Look(content, "<" in text, "!" in text)
                position = end + 1
            if not (pieces and isinstance(pieces[-1], _Place)):
                pieces.append(_Place())
            place = pieces[-1]
            assert isinstance(place, _Place)
            place.looks.append(look)
            continue
        if kind in ("open", "case"):
            cases.append(cases[-1] if kind == "open" else "-" not in text)
        elif kind == "close":
            cases.pop()
        if kind == "times" and pieces and isinstance(pieces[-1], _Place):
            raise PatternError(f"repeats a place: {source!r}")
        plain = "(?:" if kind == "case" else text
        pieces.append(_One(text, cases[-1]) if kind == "one" else plain)
    return pieces


def _end_of_group(source: str, position: int) -> int:
    depth = 1
    while token := _TOKEN.match(source, position):
        depth += {"look": 1, "open": 1, "case": 1, "close": -1}.get(str(token.lastgroup), 0)
        if depth == 0:
            return token.start()
        position = token.end()
    raise PatternError(f"not in linear time: {source[position : position + 20]!r}")


@cache
def _content(source: str, ignore_case: bool) -> tuple[_One, ...] | Pattern:
    pieces = _pieces(source, ignore_case)
    end = _Place([_Look((_NOTHING,))])
    ones = [_NOTHING if piece == end else piece for piece in pieces[::2]]
    are_ones = all(isinstance(one, _One) for one in ones) and len(pieces) % 2
    if are_ones and all(piece == "|" for piece in pieces[1::2]):
        return tuple(one for one in ones if isinstance(one, _One))
    for piece in pieces:
        if isinstance(piece, str) and (piece[0] in "*+" or ",}" in piece):
            raise PatternError(f"looks around without an end: {source!r}")
    return Pattern(source, ignore_case=ignore_case)


def _unescaped(source: str) -> str:
    """The source with characters beyond ASCII as themselves."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1] or match[2] or "0", 16)
        return chr(code) if code > 127 else match[0]

    return _ESCAPE.sub(character, source)


def _beyond_ascii(ones: Sequence[_One]) -> str:
    """The characters beyond ASCII that a pattern tells from others of their kind."""
    found = set(_ODD_CASES)
    for one in ones:
        inner = one.source[1:-1] if len(one.source) > 2 else one.source
        for item in _IN_CLASS.finditer(inner):
            if item[1] is None:
                found.update(item[0])
            elif item[0] not in _BLOCKS and item[2] > "\x7f":
                first, last = max(ord(item[1]), 128), ord(item[2])
                if last - first > _LARGEST_RANGE:
                    raise PatternError(f"a range of more than {_LARGEST_RANGE}: {item[0]!r}")
                found.update(map(chr, range(first, last + 1)))
    for _ in range(2):
        found.update(*(c.lower() + c.upper() + c.title() for c in found if ord(c) > 127))
    return "".join(sorted(c for c in found if ord(c) > 127))


@cache
def _taken(one: _One, characters: str) -> frozenset[str]:
    flags = re.IGNORECASE if one.ignore_case else 0
    return frozenset(re.findall(one.source, characters, flags))


# --- patterns -----------------------------------------------------------------------------------


class Match:
    """Where a pattern was found, as `re.Match`."""

    __slots__ = ("_names", "_spans", "string")

    def __init__(self, text: str, spans: Sequence[tuple[int, int]], names: dict[str, int]) -> None:
        self.string = text
        self._spans = spans
        self._names = names

    def __getitem__(self, group: int | str) -> str:
        # As in `re`'s own types: None where the group is in a part that was not needed.
        start, end = self.span(group)
        return self.string[start:end] if start >= 0 else None  # type: ignore[return-value]

    def group(self, group: int | str = 0) -> str:
        return self[group]

    def groups(self) -> tuple[str, ...]:
        return tuple(self[group] for group in range(1, len(self._spans)))

    def groupdict(self) -> dict[str, str | None]:
        return {name: self[name] for name in self._names}

    def span(self, group: int | str = 0) -> tuple[int, int]:
        """(-1, -1) where the group is in a part that was not needed."""
        return self._spans[self._names[group] if isinstance(group, str) else group]

    def start(self, group: int | str = 0) -> int:
        return self.span(group)[0]

    def end(self, group: int | str = 0) -> int:
        return self.span(group)[1]


class Pattern:
    """A compiled pattern, with the methods of `re.Pattern`."""

    def __init__(self, source: str, *, ignore_case: bool = False) -> None:
        self.pattern, self.ignore_case = source, ignore_case
        pieces = _pieces(_unescaped(source), ignore_case)
        places = [piece for piece in pieces if isinstance(piece, _Place)]
        if all(look.content == (_NOTHING,) for place in places for look in place.looks):
            places = []  # re2 knows the start and the end itself
        ones = [_WORD, *(piece for piece in pieces if isinstance(piece, _One))]
        for look in (look for place in places for look in place.looks):
            if isinstance(look.content, tuple):
                ones += (one for one in look.content if one is not _NOTHING)
        self._characters = _Characters(list(dict.fromkeys(ones)))
        self._gaps = _Gaps(self._characters, places) if places else None
        self._width = 3 if places else 1
        skipped = self._gaps.any if self._gaps else ""

        def written(piece: _Piece) -> str:
            if isinstance(piece, _One):
                one = _class(self._characters.taken_by(piece))
                return f"(?:{skipped}{one})" if skipped else one
            if isinstance(piece, str):
                return piece
            if self._gaps:
                return _class(self._gaps.where(piece))
            return "".join(r"\A" if look.behind else r"\z" for look in piece.looks)

        written_out = "".join(map(written, pieces))
        try:
            self._found = _engine(written_out)
            # What stands in the last gap is no part of the text.
            self._whole = _engine(f"(?:{written_out}){skipped}") if skipped else self._found
        except re2.error as error:
            raise PatternError(f"{error}: {source!r}") from error
        self._names: dict[str, int] = {
            name.decode(): index for name, index in self._found.groupindex.items()
        }
        self._groups = range(self._found.groups + 1)

    def _shown(self, text: str) -> bytes:
        """The text as re2 reads it."""
        symbols = self._characters.of(text)
        if self._gaps is None:
            return symbols
        shown = bytearray(3 * len(symbols) + 2)
        # Each gap twice, for a place that is looked at from two parts of a pattern.
        shown[0::3] = shown[1::3] = self._gaps.of(text, symbols)
        shown[2::3] = symbols
        return bytes(shown)

    def _places(self, text: str, *, ends: bool) -> Iterator[int]:
        """Where it matches, also where matches overlap."""
        shown = self._shown(text)
        position = 0
        while found := self._found.search(shown, position):
            start = found.start() // self._width
            yield found.end() // self._width if ends else start
            if start == len(text):
                break
            position = (start + 1) * self._width

    def _search(self, shown: bytes, text: str, position: int) -> Match | None:
        return self._match(self._found.search(shown, position * self._width), text)

    def _match(self, found: re2._Match | None, text: str) -> Match | None:
        if found is None:
            return None
        width = self._width
        spans = [found.span(group) for group in self._groups]
        if width > 1:
            spans = [(start // width, end // width) for start, end in spans]
        return Match(text, spans, self._names)

    def search(self, text: str, position: int = 0) -> Match | None:
        return self._search(self._shown(text), text, min(position, len(text)))

    def match(self, text: str, position: int = 0) -> Match | None:
        start = min(position, len(text)) * self._width
        found = self._found.match(self._shown(text), start)
        return self._match(found, text)

    def fullmatch(self, text: str) -> Match | None:
        return self._match(self._whole.fullmatch(self._shown(text)), text)

    def finditer(self, text: str) -> Iterator[Match]:
        shown = self._shown(text)
        if self._width == 1:
            for each in self._found.finditer(shown):
                yield Match(text, [each.span(group) for group in self._groups], self._names)
            return
        position = 0
        while position <= len(text) and (found := self._search(shown, text, position)):
            yield found
            position = found.end() + (found.end() == found.start())

    def sub(self, replacement: str | Callable[[Match], str], text: str, count: int = 0) -> str:
        """`replacement` is put there as it is, or called; `count` of 0 means everywhere."""
        parts: list[str] = []
        end = 0
        for index, found in enumerate(self.finditer(text), start=1):
            parts.append(text[end : found.start()])
            parts.append(replacement if isinstance(replacement, str) else replacement(found))
            end = found.end()
            if index == count:
                break
        return "".join((*parts, text[end:]))

    def split(self, text: str, most: int = 0) -> list[str]:
        """At most `most` splits, 0 means all. Groups stand between the parts, None where unused."""
        parts: list[str] = []
        end = 0
        for index, found in enumerate(self.finditer(text), start=1):
            parts += (text[end : found.start()], *found.groups())
            end = found.end()
            if index == most:
                break
        return [*parts, text[end:]]


class _Characters:
    """The characters of a text as bytes: one byte for all that the same parts of a pattern take."""

    def __init__(self, ones: Sequence[_One]) -> None:
        beyond = _beyond_ascii(ones)
        _name(beyond)
        known = _ASCII + beyond + "".join(_samples.values())
        taken = [_taken(one, known) for one in ones]
        alike: dict[frozenset[_One], int] = {}
        self._symbols = _Symbols()
        for character in known:
            takers = frozenset(
                one for one, them in zip(ones, taken, strict=True) if character in them
            )
            self._symbols[ord(character)] = alike.setdefault(takers, len(alike))
        for kind, sample in _samples.items():
            self._symbols[kind] = self._symbols[ord(sample)]
        # By byte, which of `ones` take the characters that it stands for.
        self.takers = list(alike)
        if len(self.takers) > 256:
            raise PatternError("tells too many characters apart")
        self._taken_by: dict[_One, list[int]] = {one: [] for one in ones}
        for symbol, takers in enumerate(self.takers):
            for one in takers:
                self._taken_by[one].append(symbol)
        self._ascii = _table(self._symbols[code] for code in range(128))

    def taken_by(self, one: _One) -> list[int]:
        return self._taken_by[one]

    def of(self, text: str) -> bytes:
        if text.isascii():
            return text.encode().translate(self._ascii)
        return text.translate(_kind_of).translate(self._symbols).encode("latin-1")


class _Gaps:
    """The gaps between the characters of a text as bytes, which say what holds in them.

    What stands before a gap, what stands after it and what was sought are three numbers, whose sum
    says it all; gaps in which the same `places` of a pattern can be are then one byte.
    """

    def __init__(self, characters: _Characters, places: Sequence[_Place]) -> None:
        looks = list(dict.fromkeys(look for place in places for look in place.looks))
        self._sought = list(dict.fromkeys(
            (look.content, look.behind) for look in looks if isinstance(look.content, Pattern)
        ))
        before, after = {_WORD}, {_WORD}
        for look in looks:
            if isinstance(look.content, tuple):
                (before if look.behind else after).update(look.content)
        nothing = frozenset((_NOTHING,))
        befores = list(dict.fromkeys(each & before for each in (*characters.takers, nothing)))
        afters = list(dict.fromkeys(each & after for each in (*characters.takers, nothing)))
        all_sought = 1 << len(self._sought)
        if len(befores) * len(afters) * all_sought > 256:
            raise PatternError("looks around for too many things")
        self._before = _table(
            befores.index(takers & before) * len(afters) * all_sought
            for takers in characters.takers
        )
        self._after = _table(
            afters.index(takers & after) * all_sought for takers in characters.takers
        )
        self._edges = (
            bytes([befores.index(nothing & before) * len(afters) * all_sought]),
            bytes([afters.index(nothing & after) * all_sought]),
        )

        def holds(look: _Look, left: frozenset[Any], right: frozenset[Any], sought: int) -> bool:
            if look.content is None:
                is_so = (_WORD in left) != (_WORD in right)
            elif isinstance(look.content, Pattern):
                is_so = bool(sought >> self._sought.index((look.content, look.behind)) & 1)
            else:
                is_so = not (left if look.behind else right).isdisjoint(look.content)
            return is_so != look.negated

        alike: dict[tuple[bool, ...], int] = {}
        first = len(characters.takers)
        symbols = [
            first + alike.setdefault(
                tuple(all(holds(look, *around) for look in place.looks) for place in places),
                len(alike),
            )
            for around in product(befores, afters, range(all_sought))
        ]
        if first + len(alike) > 256:
            raise PatternError("tells too many characters and places apart")
        self._symbols = _table(symbols)
        self._held = {first + index: held for held, index in alike.items()}
        self._places = places
        self.any = f"{_class(self._held)}*"

    def where(self, place: _Place) -> list[int]:
        """The bytes of gaps in which all of it holds."""
        index = self._places.index(place)
        return [gap for gap, held in self._held.items() if held[index]]

    def of(self, text: str, symbols: bytes) -> bytes:
        start, end = self._edges
        # Added for all gaps at once, as one large number.
        gaps = int.from_bytes(start + symbols.translate(self._before), "big")
        gaps += int.from_bytes(symbols.translate(self._after) + end, "big")
        for index, (content, behind) in enumerate(self._sought):
            found = bytearray(len(symbols) + 1)
            for place in content._places(text, ends=behind):
                found[place] = 1 << index
            gaps += int.from_bytes(found, "big")
        return gaps.to_bytes(len(symbols) + 1, "big").translate(self._symbols)


def _table(of: Iterable[int]) -> bytes:
    return bytes([*of]).ljust(256, b"\0")


def _class(codes: Iterable[int]) -> str:
    """A class of bytes in re2's syntax."""
    listed = "".join(f"\\x{code:02x}" for code in codes)
    return f"[{listed}]" if listed else r"[^\x00-\xff]"


def _engine(source: str) -> re2._Regexp:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    # For each pattern: what texts make it remember may not fill the machine's memory.
    options.max_mem = 1 << 20
    return re2.compile(source.encode("ascii"), options)


compiled: list[Pattern] = []


def compile(source: str, *, ignore_case: bool = False) -> Pattern:
    """Compile a pattern; it is in `compiled` from then on.

    Raises:
        PatternError: it cannot be matched in linear time, or tells too many characters apart.
    """
    pattern = Pattern(source, ignore_case=ignore_case)
    compiled.append(pattern)
    return pattern
