"""The tagger: where values stand in a message, and where one part ends and the next begins.

A conditional random field over tokens, as in Rasa's CRFEntityExtractor (python-crfsuite), for each
of the two. The features are words and their shapes, lists of names, and what was asked for, alone
and together with the word.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from threading import Lock

import pycrfsuite

from bot.nlu.replies import lists
from bot.nlu.replies.compose import composed, with_marks
from bot.nlu.replies.lines import Line, Span
from bot.objections.accounts import PLATFORM_WORDS
from bot.understanding.scan import Message, Token

__all__ = ["Tagger", "features", "is_handle"]

# Chosen on lines of writers that were left out (`python -m bench.replies`).
L1, L2, ROUNDS, RAREST = 0.08, 0.02, 90, 2
# From this probability on a token may begin a further part.
LEAST = 0.05
# So many pairs of lines are put together to learn from.
COMPOSED = 4000
# How often a line is learned as if its names had never been met: most people's have not.
FORGOTTEN = 0.5
_NAMES = frozenset(("name", "handle", "place"))
_SPANS, _PARTS, _COMMON = "spans.crfsuite", "parts.crfsuite", "common.json"
_GRAMMAR = frozenset(("email", "link", "number", "code"))


class Tagger:
    """Two learned sequence models; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Read what `learn` wrote. Raises OSError or ValueError when it is not there, or not
        whole."""
        self._spans, self._parts = _Model(folder / _SPANS), _Model(folder / _PARTS)
        self._common = lists.english() | frozenset(
            json.loads((folder / _COMMON).read_text("utf-8"))
        )

    @staticmethod
    def learn(lines: Sequence[Line], folder: Path) -> None:
        """Learn from lines, and write both models."""
        words = _common(lines)
        (folder / _COMMON).write_text(json.dumps(sorted(words)), encoding="utf-8")
        common = lists.english() | words
        spans, parts = _trainer(), _trainer()
        draw = random.Random(0)  # noqa: S311
        began = [*lines, *with_marks(lines)]
        for place, line in enumerate((*began, *composed(lines, COMPOSED))):
            names = {i for s in line.spans if s.label in _NAMES for i in range(s.first, s.last)}
            forgotten = names if draw.random() < FORGOTTEN else frozenset[int]()
            rows = list(features(line.message, line.asked, common, forgotten))
            labels = ["O"] * len(rows)
            for span in line.spans:
                labels[span.first : span.last] = [f"I-{span.label}"] * (span.last - span.first)
                labels[span.first] = f"B-{span.label}"
            begins = {part.first for part in line.parts[1:]}
            if rows and place < len(began):
                # Values are where they were in lines put together.
                spans.append(rows, labels)
            if rows:
                parts.append(rows, ["B" if i in begins else "I" for i in range(len(rows))])
        spans.train(str(folder / _SPANS))
        parts.train(str(folder / _PARTS))

    def tag(self, message: Message, asked: str) -> tuple[tuple[Span, ...], dict[int, float]]:
        """The values of a message, their roles still open, and the tokens that may begin a further
        part, each with its probability."""
        rows = list(features(message, asked, self._common))
        if not rows:
            return (), {}
        labels = self._spans.labels(rows)
        begins = self._parts.likely(rows, "B", LEAST)
        spans = tuple(_read(message.tokens, labels, asked))
        # No part begins in the middle of a value.
        inside = {i for span in spans for i in range(span.first + 1, span.last)}
        return spans, {i: likely for i, likely in begins.items() if i not in inside}


class _Model:
    """One model in memory. CRFsuite keeps the sequence that it tags, so one at a time."""

    def __init__(self, path: Path) -> None:
        self._tagger = pycrfsuite.Tagger()
        # CRFsuite reads from these bytes as long as it tags.
        self._kept = path.read_bytes()
        self._tagger.open_inmemory(self._kept)
        self._lock = Lock()

    def labels(self, features: list[list[str]]) -> list[str]:
        with self._lock:
            labels: list[str] = self._tagger.tag(features)
        return labels

    def likely(self, features: list[list[str]], label: str, least: float) -> dict[int, float]:
        """The tokens behind the first that have this label with at least that probability."""
        with self._lock:
            self._tagger.set(features)
            found = {i: self._tagger.marginal(label, i) for i in range(1, len(features))}
        return {i: likely for i, likely in found.items() if likely >= least}


def _trainer() -> pycrfsuite.Trainer:
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {
            "c1": L1,
            "c2": L2,
            "max_iterations": ROUNDS,
            "feature.minfreq": RAREST,
            "feature.possible_transitions": True,
        }
    )
    return trainer


# Where an account can be meant.
_ACCOUNTS = frozenset(
    "account platform handle linked_accounts linked_mentioned unlinked_accounts".split()
)


def _read(tokens: Sequence[Token], labels: Sequence[str], asked: str) -> Iterator[Span]:
    """The spans of a sequence of labels. What has a grammar is a value whatever was learned."""
    first, open_label = 0, ""
    for index, (token, label) in enumerate(zip(tokens, labels, strict=True)):
        if token.kind in _GRAMMAR:
            label = f"B-{token.kind}"
        elif label == "O" and token.lower in PLATFORM_WORDS:
            label = "B-platform"
        elif label == "O" and is_handle(token):
            before = tokens[index - 1].lower if index else ""
            if asked in _ACCOUNTS or before in PLATFORM_WORDS or token.text[0] == "@":
                label = "B-handle"
        name = label[2:]
        if open_label and (label[0] != "I" or name != open_label or open_label in _GRAMMAR):
            yield Span(first, index, open_label)
            open_label = ""
        if label != "O" and not open_label and (name not in _GRAMMAR or token.kind == name):
            first, open_label = index, name
    if open_label:
        yield Span(first, len(tokens), open_label)


def features(
    message: Message, asked: str, common: Set[str], forgotten: Set[int] = frozenset()
) -> Iterator[list[str]]:
    """For each token the names of its features, given the words that are common. Of a `forgotten`
    token only what one would know of a word never met before."""
    tokens = message.tokens
    listed = [
        ("rare",) if i in forgotten else _kinds(token, common) for i, token in enumerate(tokens)
    ]
    shapes = [_shape(token) for token in tokens]
    # "isn't" and "isnt" are one word.
    words = [
        None if i in forgotten else token.lower.replace("'", "") for i, token in enumerate(tokens)
    ]
    length = (
        "1" if len(tokens) == 1 else "2" if len(tokens) == 2 else "5" if len(tokens) < 6 else "+"
    )
    has = sorted({token.kind for token in tokens} & _GRAMMAR)
    for i, word in enumerate(words):
        found = [
            "bias",
            f"a={asked}",
            f"s={shapes[i]}",
            f"as={asked}|{shapes[i]}",
            f"n={length}",
            f"an={asked}|{length}|{shapes[i]}",
            *(f"l={kind}" for kind in listed[i]),
            *(f"al={asked}|{kind}" for kind in listed[i]),
            *(f"anl={asked}|{length}|{kind}" for kind in listed[i]),
            *(f"has={kind}" for kind in has),
        ]
        if word is not None:
            found += [f"w={word}", f"aw={asked}|{word}"]
            found += [f"p2={word[:2]}", f"p3={word[:3]}", f"x2={word[-2:]}", f"x3={word[-3:]}"]
        for step in (-3, -2, -1, 1, 2, 3):
            j = i + step
            if not 0 <= j < len(words):
                if abs(step) == 1:
                    found.append(f"edge{step}")
                continue
            if words[j] is not None:
                found.append(f"{step}w={words[j]}")
            if abs(step) < 3:
                found += [f"{step}s={shapes[j]}", *(f"{step}l={kind}" for kind in listed[j])]
        for first, last in ((i - 1, i), (i - 2, i - 1), (i, i + 1)):
            pair = words[max(first, 0) : last + 1]
            if first >= 0 and len(pair) == 2 and None not in pair:
                found.append(f"{first - i}{last - i}={pair[0]}|{pair[1]}")
        yield found


def is_handle(token: Token) -> bool:
    """Whether a word is a user name by its shape, where one can be meant: "@ana", "ana_k",
    "ana.k.22"."""
    text = token.text
    inside = text.strip("@._")
    return (
        token.kind == "word"
        and any(char.isalnum() for char in text)
        and text.isascii()
        and all(char.isalnum() or char in "@._" for char in text)
        and (
            text[0] == "@"
            or "_" in inside
            or any(char.isalnum() for char in "".join(inside.split(".")[1:]))
        )
    )


def _kinds(token: Token, common: Set[str]) -> tuple[str, ...]:
    if token.kind != "word":
        return ()
    word = token.lower.removesuffix("'s")
    return (*lists.kinds(word), "common" if word in common else "rare")


def _common(lines: Sequence[Line]) -> frozenset[str]:
    """The words, in lower case, that several lines have outside of values."""
    seen: Counter[str] = Counter()
    for line in lines:
        values = {
            i for s in line.spans if s.label not in _SAID for i in range(s.first, s.last)
        }
        seen.update({t.lower for i, t in enumerate(line.message.tokens) if i not in values})
    return frozenset(word for word, count in seen.items() if count >= _SEVERAL)


_SAID = frozenset(("field", "reason", "platform"))
_SEVERAL = 3


def _shape(token: Token) -> str:
    """What a token looks like: "Aa", "a", "A", "a.a", "a_9", or its kind."""
    if token.kind != "word":
        return token.kind if token.kind != "mark" else f"mark{token.text[0]}"
    shape = ""
    for char in token.text:
        if char.isdigit():
            kind = "9"
        elif char.isupper():
            kind = "A"
        elif char.islower():
            kind = "a"
        elif char.isalpha():
            kind = "x"
        else:
            kind = char
        if not shape.endswith(kind):
            shape += kind
    return shape[:8]
