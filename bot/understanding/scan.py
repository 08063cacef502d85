"""A message, scanned once: its words, and the values in it that have a grammar.

Everything that reads a message reads this. Each character is looked at a fixed number of times, so
that a long message costs in proportion to its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.objections.accounts import PLATFORM_WORDS, is_link
from bot.objections.clean import clean_lines
from bot.objections.codes import find_code
from bot.objections.countries import by_code
from bot.objections.references import find_reference

__all__ = ["Message", "Token", "scan"]

# A longer message is cut: nobody types that much into a field.
LONGEST = 1000
# These never stand inside a word of their own accord.
_APART = frozenset(",;:!?()[]{}<>\"“”„«»|/\\&+=*…~^`’'´‘-–—•·。、，！？；：（）")
# These may: "ana.s", "o'brien", "anne-marie", "ana@x.org".
_INSIDE = frozenset("'’´‘-.·_@+&/")
_PLAIN = str.maketrans("’‘´`", "''''")


@dataclass(frozen=True)
class Token:
    """A word or a mark, at [start, end) of the text. `kind` is `word`, `mark`, `line`, or for what
    has a grammar `email`, `link`, `number` or `code`."""

    start: int
    end: int
    text: str
    kind: str

    @property
    def lower(self) -> str:
        """In lower case, with one kind of apostrophe."""
        return self.text.lower().translate(_PLAIN)


@dataclass(frozen=True)
class Message:
    """The text as it is read, and its tokens in order."""

    text: str
    tokens: tuple[Token, ...]


def scan(text: str) -> Message:
    """Read a text into tokens; of a long one its first 1,000 characters."""
    text = clean_lines(text[:LONGEST])
    return Message(text, tuple(_merged(text, [*_tokens(text)])))


def _tokens(text: str) -> Iterator[Token]:
    start = 0
    for line in text.split("\n"):
        place = start
        for chunk in line.split(" "):
            yield from _of_chunk(chunk, place)
            place += len(chunk) + 1
        start += len(line) + 1
        if start <= len(text):
            yield Token(start - 1, start, "\n", "line")


def _of_chunk(chunk: str, start: int) -> Iterator[Token]:
    """What stands between two blanks: marks around it, and one word or several."""
    first, last = 0, len(chunk)
    while (first < last and chunk[first] in _APART) or (first < last and chunk[first] == "."):
        first += 1
    while last > first and (chunk[last - 1] in _APART or chunk[last - 1] == "."):
        last -= 1
    yield from _marks(chunk, 0, first, start)
    core = chunk[first:last]
    if is_link(core):
        yield Token(start + first, start + last, core, "link")
    elif core.count("@") == 1 and _is_site(core.partition("@")[2]) and core[0] != "@":
        yield Token(start + first, start + last, core, "email")
    elif core:
        yield from _words(core, start + first)
    yield from _marks(chunk, last, len(chunk), start)


def _is_site(text: str) -> bool:
    # "ana@gmail" is an address that wants its end; "ana@insta" is none.
    return "." in text or (text.isalnum() and text.lower() not in PLATFORM_WORDS)


def _words(core: str, start: int) -> Iterator[Token]:
    begun = 0
    for place, char in enumerate(core):
        if char in _APART and char not in _INSIDE:
            if place > begun:
                yield Token(start + begun, start + place, core[begun:place], "word")
            yield Token(start + place, start + place + 1, char, "mark")
            begun = place + 1
    if begun < len(core):
        yield Token(start + begun, start + len(core), core[begun:], "word")


def _marks(chunk: str, first: int, last: int, start: int) -> Iterator[Token]:
    # A run of one mark is one token: "???", "...".
    place = first
    while place < last:
        end = place + 1
        while end < last and chunk[end] == chunk[place]:
            end += 1
        yield Token(start + place, start + end, chunk[place:end], "mark")
        place = end


def _merged(text: str, tokens: list[Token]) -> Iterator[Token]:
    """The tokens, with those of a number or a code made one."""
    for kind, found in (("number", find_reference(text)), ("code", find_code(text))):
        if found is None:
            continue
        span = _span_of(found, tokens)
        if span is not None:
            first, last = span
            start, end = tokens[first].start, tokens[last].end
            tokens[first : last + 1] = [Token(start, end, text[start:end], kind)]
            break
    yield from _joined(text, tokens)


def _joined(text: str, tokens: list[Token]) -> Iterator[Token]:
    """The tokens, with those made one that are an address as it is spoken ("ana dot k at example
    dot org"), or a number that has a slip in it ("OBJ-4H8P 2WQX")."""
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end, kind = place + 1, token.kind
        if token.kind == "word" and token.lower.startswith("obj") and _goes_on(tokens, place):
            kind = "number"
            while end < len(tokens) and _of_number(tokens[end]):
                end += 1
        elif token.kind == "word" and (last := _spoken_until(tokens, place)):
            end, kind = last, "email"
        if kind == token.kind:
            yield token
        else:
            start, stop = token.start, tokens[end - 1].end
            yield Token(start, stop, text[start:stop], kind)
        place = end


def _goes_on(tokens: list[Token], place: int) -> bool:
    """Whether a word that begins with OBJ is a number, or one comes next."""
    has_digit = any(char.isdigit() for char in tokens[place].text)
    return has_digit or (place + 1 < len(tokens) and _of_number(tokens[place + 1]))


def _of_number(token: Token) -> bool:
    plain = token.text.replace("-", "")
    return token.text == "-" or (
        plain.isalnum()
        and plain.isascii()
        and len(plain) in (1, 4, 5, 9, 14)
        and any(char.isdigit() for char in plain)
    )


# At most so many words are an address.
_MOST_SPOKEN = 11
_AT, _DOT = (
    frozenset(("at", "@", "(at)", "[at]", "arroba", "chiocciola")),
    frozenset(("dot", "punto", "ponto", "punkt", "point")),
)
_SITES = frozenset("com org net edu gov info biz io eu uk co app dev mail example test".split())


def _spoken_until(tokens: list[Token], place: int) -> int:
    """The end of the spoken address that begins at a token, 0 where none does: words with "dot"
    between them, "at", and again words with at least one "dot"."""
    at = dots = 0
    wants_word = is_marked = False
    end = 0
    for i in range(place, min(place + _MOST_SPOKEN, len(tokens))):
        word = tokens[i].lower
        if tokens[i].kind not in ("word", "mark"):
            break
        if word in ("(", ")", "[", "]"):
            is_marked = True
            continue
        is_marked = is_marked or word == "@"
        is_sign = word in _AT or word in _DOT
        if (i == place and is_sign) or (wants_word and is_sign):
            return 0
        if i > place and not wants_word and not is_sign:
            break
        if word in _AT:
            at += 1
        elif word in _DOT:
            dots += at
        wants_word = is_sign
        if not is_sign and at == 1:
            site = word.rpartition(".")[2]
            ends = site in _SITES or (len(site) == 2 and by_code(site) is not None)
            # "I work at example.org" names a place.
            end = i + 1 if ends and (dots or (is_marked and "." in word)) else end
    return end


def _span_of(found: str, tokens: list[Token]) -> tuple[int, int] | None:
    """The first and the last token that hold the letters and digits of `found`."""
    wanted = _bare(found)
    for first, token in enumerate(tokens):
        if token.kind != "word":
            continue
        letters = ""
        for last in range(first, min(first + 24, len(tokens))):
            letters += _bare(tokens[last].text)
            if len(letters) >= len(wanted):
                same = letters == wanted or "OBJ" + letters == wanted
                if same:
                    return first, last
                if len(letters) > len(wanted) + 3:
                    break
    return None


_SAME = str.maketrans("OIL", "011")


def _bare(text: str) -> str:
    letters = "".join(char for char in text.upper() if char.isalnum() or char in "*~$=")
    return letters.translate(_SAME).replace("0BJ", "OBJ")
