"""How a message is parted: borders by their words, weighed against what the parts would do."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.recogniser import Reading as Recognised
from bot.nlu.replies.lines import Span
from bot.nlu.replies.model import (
    BORDER,
    LONG,
    MOST_PARTS,
    MOST_READ,
    MOST_VALUES,
    Reading,
    ReplyModel,
)

WORDS = "yes file it but why do you ask"


class Tagger:
    """Says of each message that a part may begin at some tokens."""

    def __init__(self, begins: dict[int, float]) -> None:
        self.begins = begins

    def tag(self, message: object, asked: str) -> tuple[tuple[()], dict[int, float]]:
        return (), self.begins


class Acts:
    """Knows "yes file it" and what begins with "but" surely, and anything else by halves."""

    topics = ("ask", "yes")

    def __init__(self) -> None:
        self.read_texts: list[str] = []

    def read(self, vector: object, text: str) -> Recognised:
        words = text.partition(" ")[2]
        self.read_texts.append(words)
        likely = {"yes file it": (0.01, 0.99)}.get(words, (0.99, 0.01))
        if words == WORDS:
            likely = (0.4, 0.6)
        return Recognised(np.array(likely, dtype=np.float32), 1.0)


def read(begins: dict[int, float], text: str = WORDS) -> tuple[Reading, Acts]:
    acts = Acts()
    model = ReplyModel(Tagger(begins), None, acts, {}, lambda texts: np.zeros((len(texts), 4)))  # type: ignore[arg-type]
    return model.read(text, "summary"), acts


def test_a_border_is_drawn_where_the_parts_are_surer_than_the_whole() -> None:
    reading, _ = read({3: 0.3})
    assert [(part.act, reading.words(part)) for part in reading.parts] == [
        ("yes", "yes file it"),
        ("ask", "but why do you ask"),
    ]


def test_without_a_border_that_may_be_the_whole_is_one_part() -> None:
    reading, acts = read({})
    assert [part.act for part in reading.parts] == ["yes"]
    assert acts.read_texts == [WORDS]


def test_pieces_that_do_the_same_are_one_part() -> None:
    reading, _ = read({3: 0.9, 5: 0.9})
    assert [part.act for part in reading.parts] == ["yes", "ask"]
    assert reading.parts[-1].last == len(reading.message.tokens)


@pytest.mark.parametrize("count", [LONG + 1, 190])
def test_a_long_message_costs_no_more_than_a_short_one(count: int) -> None:
    begins = {i: BORDER + i / 10_000 for i in range(1, count)}
    reading, acts = read(begins, " ".join(["word"] * count))
    assert len(acts.read_texts) == MOST_PARTS
    assert sum(map(len, acts.read_texts)) <= MOST_READ
    assert reading.parts[-1].last == count


def test_of_a_message_full_of_values_only_so_many_are_read() -> None:
    class Full(Tagger):
        def tag(self, message: object, asked: str) -> tuple[tuple[Span, ...], dict[int, float]]:  # type: ignore[override]
            return tuple(Span(i, i + 1, "platform") for i in range(111)), {}

    class Roles:
        asked = 0

        def best(self, row: object) -> tuple[str, float]:
            self.asked += 1
            return "-", 1.0

    roles = Roles()
    model = ReplyModel(Full({}), roles, Acts(), {}, lambda texts: np.zeros((len(texts), 4)))  # type: ignore[arg-type]
    model.read("facebook " * 111, "linked_accounts")
    assert roles.asked == MOST_VALUES
