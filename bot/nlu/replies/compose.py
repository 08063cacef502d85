"""More lines to learn borders from: the same lines as people write several of them in one message.

Whoever writes training lines puts a sign between two parts where people put a comma, a dot, a new
line or nothing. So each line of several parts is learned with marks too, and lines of one step are
put together by chance. All of it is the same in every run.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bot.nlu.replies.lines import Line, Part, Span
from bot.understanding.scan import scan

__all__ = ["composed", "with_marks"]

# What stands between two parts, the likelier the more often it is named.
MARKS = ("", ",", ",", ",", ".", ".", ".", "!", "...", "\n", " -", "?")
# Longer lines are left as they are (tokens).
LONGEST = 14
_END = frozenset(".!?…,")


def with_marks(lines: Sequence[Line]) -> Iterator[Line]:
    """Each line of several parts without a mark between them: with a comma, a dot, another."""
    draw = random.Random(1)  # noqa: S311
    for line in lines:
        if len(line.parts) < 2:
            continue
        whole = [_part_of(line, place) for place in range(len(line.parts))]
        for mark in (",", ".", draw.choice(("!", "...", "\n", " -"))):
            made: Line | None = whole[0]
            for part in whole[1:]:
                made = _joined(made, part, mark)
            if made is not None:
                yield made


def composed(lines: Sequence[Line], count: int) -> Iterator[Line]:
    """So many pairs of short lines that answer the same question, each pair as one line."""
    draw = random.Random(0)  # noqa: S311
    by_acts: dict[str, dict[tuple[str, ...], list[Line]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        if len(line.message.tokens) <= LONGEST:
            by_acts[line.asked][tuple(part.act for part in line.parts)].append(line)
    steps = list(by_acts.values())
    made = 0
    for _ in range(2 * count if steps else 0):
        if made == count:
            break
        of_step = draw.choice(steps)
        # What is often said is often said beside something else, but less often than alone.
        weights = [len(found) ** 0.5 for found in of_step.values()]
        one, other = draw.choices([*of_step.values()], weights, k=2)
        pair = _joined(draw.choice(one), draw.choice(other), draw.choice(MARKS))
        if pair is not None:
            made += 1
            yield pair


def _part_of(line: Line, place: int) -> Line:
    part = line.parts[place]
    tokens = line.message.tokens[part.first : part.last]
    message = scan(line.message.text[tokens[0].start : tokens[-1].end])
    spans = tuple(
        Span(span.first - part.first, span.last - part.first, span.label, span.role)
        for span in line.spans
        if part.first <= span.first < part.last
    )
    return Line(line.asked, message, (Part(0, len(message.tokens), part.act),), spans)


def _joined(one: Line | None, other: Line, mark: str) -> Line | None:
    """Two lines as one; None where their words would be read otherwise side by side."""
    if one is None:
        return None
    before, behind = one.message, other.message
    if before.text[-1:] in _END:
        mark = ""
    message = scan(before.text + mark + ("" if mark == "\n" else " ") + behind.text)
    middle = len(message.tokens) - len(behind.tokens)
    words = [token.text for token in message.tokens]
    same = words[: len(before.tokens)] == [t.text for t in before.tokens]
    if not same or words[middle:] != [t.text for t in behind.tokens]:
        return None
    parts = [*one.parts]
    parts[-1] = Part(parts[-1].first, middle, parts[-1].act)
    for part in other.parts:
        if part.first == 0 and part.act == parts[-1].act:
            # Two that do the same are one part.
            parts[-1] = Part(parts[-1].first, middle + part.last, part.act)
        else:
            parts.append(Part(middle + part.first, middle + part.last, part.act))
    spans = (Span(s.first + middle, s.last + middle, s.label, s.role) for s in other.spans)
    return Line(one.asked, message, tuple(parts), (*one.spans, *spans))
