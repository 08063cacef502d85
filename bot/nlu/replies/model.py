"""The learned half of reading a reply: its parts, what each does, and the values with their
roles."""

from __future__ import annotations

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from math import log
from pathlib import Path

import numpy as np

from bot.nlu.recogniser import Array, Recogniser
from bot.nlu.replies.acts import masked, role_features
from bot.nlu.replies.linear import Linear
from bot.nlu.replies.lines import Line, Span
from bot.nlu.replies.tagger import Tagger, is_handle
from bot.understanding.commands import ASKED
from bot.understanding.scan import Message, scan

__all__ = ["ReadPart", "Reading", "ReplyModel"]

# Of the one number that says what was asked for, beside the numbers of the meaning.
ASKED_WEIGHT = 0.6
_ROLES, _ACTS, _FIELDS = "roles.npz", "acts", "fields.json"
# What stands behind so many parts belongs to the last.
MOST_PARTS = 5
# So many values are read of a message: twenty accounts, each with its platform, and what is around.
MOST_VALUES = 44
# How much surer acts speak for a border, beside how likely it is by its words; so many borders are
# weighed against none. Chosen on lines of a writer that was left out.
ACTS_WEIGHT, WEIGHED = 6.0, 2
# From so many tokens on borders are not weighed: those from this probability on are taken. Of such
# a message so many characters are read for what it does; it says so early, or not at all.
LONG, BORDER, MOST_READ = 32, 0.4, 400
_LITTLE = 1e-3
# Nothing is said of such a value.
_PLAIN = "-"
# Of one example in so many, an even number, no act is learned but how sure to be of one.
_CALIBRATION = 8

Encode = Callable[[Sequence[str]], Array]


@dataclass(frozen=True)
class ReadPart:
    """Tokens [first, last) of a message: what they do, how surely, and the values in them."""

    first: int
    last: int
    act: str
    confidence: float
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Reading:
    """A message as it was read."""

    message: Message
    parts: tuple[ReadPart, ...]

    def words(self, part: ReadPart) -> str:
        """The text of a part."""
        tokens = self.message.tokens[part.first : part.last]
        return self.message.text[tokens[0].start : tokens[-1].end] if tokens else ""


class ReplyModel:
    """Reads replies.

    Args:
        tagger, roles, acts: what `learn` has made.
        fields: words that name a field, each with its field.
        encode: texts -> (n, 896) vectors.
    """

    def __init__(
        self,
        tagger: Tagger,
        roles: Linear,
        acts: Recogniser,
        fields: Mapping[str, str],
        encode: Encode,
    ) -> None:
        self._tagger, self._roles, self._acts, self._encode = tagger, roles, acts, encode
        self._fields = fields

    @staticmethod
    def learn(
        lines: Sequence[Line], folder: Path, encode: Encode, whole: Sequence[Line] = ()
    ) -> None:
        """Learn from lines and write everything into a folder; from the `whole` ones, in which no
        value is marked, only what they do."""
        Tagger.learn(lines, folder)
        rows, roles = [], []
        for line in lines:
            for place, span in enumerate(line.spans):
                act = next(p.act for p in line.parts if p.first <= span.first < p.last)
                rows.append(role_features(line.message, place, line.spans, act, line.asked))
                roles.append(span.role or _PLAIN)
        Linear.fit(rows, roles, strength=50.0).save(folder / _ROLES)
        (folder / _FIELDS).write_text(json.dumps(_field_words(lines)), encoding="utf-8")
        parts = [(line, part) for line in (*lines, *whole) for part in line.parts]
        # What differs in its values alone is one example.
        examples = [
            *dict.fromkeys(
                (_as_read(line.message, part.first, part.last, line.spans), line.asked, part.act)
                for line, part in parts
            )
        ]
        texts, asked, acts = (list(column) for column in zip(*_spread(examples), strict=True))
        vectors = np.hstack([encode(texts), np.stack([*map(_one_of, asked)])])
        seen = [_with_asked(text, one) for text, one in zip(texts, asked, strict=True)]
        held = range(0, len(texts), _CALIBRATION)
        # Of half of the rest, which takes an eighth of the time.
        kept = range(1, len(texts), 2)
        trial = Recogniser.fit(vectors[kept], [seen[i] for i in kept], [acts[i] for i in kept])
        readers = [(vectors[i], seen[i], frozenset([acts[i]])) for i in held]
        sharpness = trial.calibrated(readers).sharpness
        (folder / _ACTS).mkdir()
        replace(Recogniser.fit(vectors, seen, acts), sharpness=sharpness).save(folder / _ACTS)

    @classmethod
    def load(cls, folder: Path, encode: Encode) -> ReplyModel:
        """Read what `learn` wrote. Raises OSError, ValueError or KeyError: not there, or not
        whole."""
        acts = Recogniser.load(folder / _ACTS)
        fields = json.loads((folder / _FIELDS).read_text(encoding="utf-8"))
        return cls(Tagger(folder), Linear.load(folder / _ROLES), acts, fields, encode)

    def read(self, text: str, asked: str) -> Reading:
        """Read one message, given what was asked for."""
        message = scan(text)
        spans, begins = self._tagger.tag(message, asked)
        spans = spans[:MOST_VALUES]
        ways = _ways(len(message.tokens), begins)
        pieces = {piece for way in ways for piece in way.pieces}
        read = self._read_parts(message, sorted(pieces), spans, asked)
        best = max(
            ways,
            key=lambda way: way.likely
            + ACTS_WEIGHT * sum(log(read[piece][1] + _LITTLE) for piece in way.pieces),
        )
        parts: list[ReadPart] = []
        for first, last in best.pieces:
            act, sure = read[first, last]
            if parts and parts[-1].act == act:
                before = parts.pop()
                first, sure = before.first, max(sure, before.confidence)
            within = self._within(message, spans, first, last, act, asked)
            parts.append(ReadPart(first, last, act, sure, within))
        return Reading(message, tuple(parts))

    def _read_parts(
        self,
        message: Message,
        pieces: Sequence[tuple[int, int]],
        spans: Sequence[Span],
        asked: str,
    ) -> dict[tuple[int, int], tuple[str, float]]:
        """What each piece of a message would do by itself, and how surely."""
        is_long = len(message.tokens) > LONG
        most = MOST_READ // len(pieces) if is_long and pieces else MOST_READ
        texts = [_as_read(message, first, last, spans)[:most] for first, last in pieces]
        found = {}
        for piece, shown, vector in zip(
            pieces, texts, self._encode(texts) if texts else (), strict=True
        ):
            vector = np.concatenate([vector, _one_of(asked)])
            probabilities = self._acts.read(vector, _with_asked(shown, asked)).probabilities
            place = int(probabilities.argmax())
            found[piece] = (self._acts.topics[place], float(probabilities[place]))
            if _is_bare(message, *piece, spans):
                # A value that has a grammar, and not a word beside it.
                found[piece] = ("give", 1.0)
        return found

    def _within(
        self, message: Message, spans: Sequence[Span], first: int, last: int, act: str, asked: str
    ) -> tuple[Span, ...]:
        found = []
        for place, span in enumerate(spans):
            if first <= span.first < last:
                role, _ = self._roles.best(role_features(message, place, spans, act, asked))
                found.append(replace(span, role=None if role == _PLAIN else role))
        if act in _ABOUT_A_FIELD and not found:
            found += self._named_fields(message, first, last)
        return tuple(found)

    def _named_fields(self, message: Message, first: int, last: int) -> Iterator[Span]:
        """Words that name a field, where a part is about one and no value stands in it."""
        said: set[str] = set()
        for i in range(first, last):
            field = self._fields.get(message.tokens[i].lower)
            if field and field not in said:
                said.add(field)
                yield Span(i, i + 1, "field", field)


@dataclass(frozen=True)
class _Way:
    """One way to part a message: its pieces [first, last), and how likely their borders are by the
    words around them (log)."""

    pieces: tuple[tuple[int, int], ...]
    likely: float


def _ways(length: int, begins: Mapping[int, float]) -> list[_Way]:
    """The ways to part a message of so many tokens, given where a part may begin."""
    by_likely = sorted(begins, key=begins.__getitem__, reverse=True)
    if length > LONG:
        # Each word is read once, so that it costs no more than a short one.
        taken = [i for i in by_likely if begins[i] >= BORDER][: MOST_PARTS - 1]
        return [_Way(_pieces(taken, length), 0.0)]
    weighed = by_likely[:WEIGHED]
    return [
        _Way(
            _pieces(chosen, length),
            sum(log((begins[i] if i in chosen else 1 - begins[i]) + _LITTLE) for i in weighed),
        )
        for count in range(len(weighed) + 1)
        for chosen in combinations(weighed, count)
    ]


def _pieces(begins: Iterable[int], length: int) -> tuple[tuple[int, int], ...]:
    return tuple((a, b) for a, b in pairwise([0, *sorted(begins), length]) if a < b)


# So many examples of one act at one step are compared with; where nothing is asked for, more is
# said. All of them would be a matrix of over 2 GiB, at which numpy's BLAS falls over.
MOST_ALIKE, MOST_GIVEN, MOST_OPEN = 130, 250, 400


def _spread(examples: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Of many examples (text, asked, act) of the same kind some, the same ones every time."""
    kept: Counter[tuple[str, str]] = Counter()
    found = []
    for example in sorted(examples, key=lambda one: zlib.crc32(one[0].encode())):
        _, asked, act = example
        kept[asked, act] += 1
        most = MOST_GIVEN if act == "give" else MOST_ALIKE
        if kept[asked, act] <= (MOST_OPEN if asked == "open" else most):
            found.append(example)
    return found


def _field_words(lines: Sequence[Line]) -> dict[str, str]:
    """The words of marked fields that nearly always name the same one."""
    named: dict[str, Counter[str]] = defaultdict(Counter)
    elsewhere: Counter[str] = Counter()
    for line in lines:
        fields = {
            i: s.role for s in line.spans if s.label == "field" for i in range(s.first, s.last)
        }
        for i, token in enumerate(line.message.tokens):
            if fields.get(i):
                named[token.lower][str(fields[i])] += 1
            else:
                elsewhere[token.lower] += 1
    return {
        word: field
        for word, found in named.items()
        for field, count in found.most_common(1)
        if count >= 2 and count >= 0.75 * sum(found.values()) and count * 4 >= elsewhere[word]
    }


_ABOUT_A_FIELD = frozenset(
    ("change", "remove", "correct", "why", "where", "none", "skip", "no", "refuse", "dont_know")
)


def _is_bare(message: Message, first: int, last: int, spans: Sequence[Span]) -> bool:
    tokens = message.tokens
    inside = {i for s in spans if s.label in _GRAMMAR for i in range(s.first, s.last)}
    inside |= {s.first for s in spans if s.label == "handle" and is_handle(tokens[s.first])}
    words = [i for i in range(first, last) if any(char.isalnum() for char in tokens[i].text)]
    return bool(words) and inside.issuperset(words)


_GRAMMAR = frozenset(("email", "link", "number", "code"))


def _one_of(asked: str) -> Array:
    return np.array([ASKED_WEIGHT * (asked == one) for one in ASKED], dtype=np.float32)


def _with_asked(text: str, asked: str) -> str:
    # A word of its own, beside which the first word of the text stands.
    return f"asked{asked.replace('_', '')} {text}"


def _as_read(message: Message, first: int, last: int, spans: Sequence[Span]) -> str:
    text = masked(message, first, last, spans).replace("\n", ". ") or "."
    # "pleeease", "nooo": of a run of one letter two are read.
    return "".join(
        char
        for i, char in enumerate(text)
        if i < 2 or not char.isalpha() or not (char == text[i - 1] == text[i - 2])
    )
