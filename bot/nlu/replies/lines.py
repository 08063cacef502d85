"""The training data of replies: Rasa's own markup, read as scanned messages with labels.

In a file of `data/replies` an intent is an act (`yes`), or several in their order with Rasa's sign
for that between them (`yes+add`); then ` || ` stands between the parts of each line. The metadata
`asked` says what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.entities_parser import parse_training_example

from bot.objections.accounts import PLATFORM_WORDS
from bot.understanding.scan import Message, scan

__all__ = ["Line", "Part", "Span", "line_of", "read_lines"]

BETWEEN = "||"


@dataclass(frozen=True)
class Span:
    """Tokens [first, last) of a message that are one value.

    Attributes:
        label: name, email, country, place, platform, handle, link, number, code, reason or field.
        role: what the words say of it (`linked`, `old`, …; of a field its name), or None.
    """

    first: int
    last: int
    label: str
    role: str | None = None


@dataclass(frozen=True)
class Part:
    """Tokens [first, last) of a message that do one thing."""

    first: int
    last: int
    act: str


@dataclass(frozen=True)
class Line:
    """One reply with what it does."""

    asked: str
    message: Message
    parts: tuple[Part, ...]
    spans: tuple[Span, ...]


def read_lines(folder: Path) -> Iterator[Line]:
    """All lines of a folder, in the order of its files.

    Raises:
        ValueError: a line has other parts than its intent has acts, or a label within a word.
    """
    for path in sorted(folder.glob("*.yml")):
        for item in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)["nlu"]:
            asked, acts = item["metadata"]["asked"], item["intent"].split("+")
            for row in item["examples"].splitlines():
                yield _line(row.removeprefix("- "), asked, acts)


def line_of(text: str, act: str) -> Line | None:
    """A text that does one thing while nothing is asked for; None for one without a word."""
    message = scan(text)
    part = Part(0, len(message.tokens), act)
    return Line("open", message, (part,), (*_platforms(message),)) if message.tokens else None


def _platforms(message: Message) -> Iterator[Span]:
    """Platforms are known by name, marked or not."""
    for i, token in enumerate(message.tokens):
        if token.lower in PLATFORM_WORDS:
            yield Span(i, i + 1, "platform")


def _line(row: str, asked: str, acts: list[str]) -> Line:
    example = parse_training_example(row)
    text, entities = example.get(TEXT), example.get(ENTITIES) or []
    # The marks between parts go; what stands behind one moves to the left.
    plain, ends, gone = "", [], []
    for piece in text.split(BETWEEN):
        piece = piece.strip() if not plain else " " + piece.strip()
        plain += piece
        ends.append(len(plain))
    place = 0
    while (found := text.find(f" {BETWEEN}", place)) >= 0:
        gone.append(found)
        place = found + 1
    message = scan(plain)
    if len(ends) != len(acts):
        raise ValueError(f"{len(ends)} parts for {len(acts)} acts: {row}")
    spans = []
    for entity in entities:
        shift = (len(BETWEEN) + 1) * sum(at < entity["start"] for at in gone)
        start, end = entity["start"] - shift, entity["end"] - shift
        within = [
            index for index, t in enumerate(message.tokens) if t.start < end and t.end > start
        ]
        if within:
            spans.append(Span(within[0], within[-1] + 1, entity["entity"], entity.get("role")))
    marked = {i for span in spans for i in range(span.first, span.last)}
    spans += [span for span in _platforms(message) if span.first not in marked]
    spans.sort(key=lambda span: span.first)
    parts, first = [], 0
    for act, end in zip(acts, ends, strict=True):
        last = sum(token.start < end for token in message.tokens)
        parts.append(Part(first, last, act))
        first = last
    return Line(asked, message, tuple(parts), tuple(spans))
