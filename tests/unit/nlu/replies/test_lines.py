"""The training data of replies, as it stands in data/replies."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.nlu.replies.lines import Part, Span, read_lines
from bot.settings import ROOT
from bot.understanding.commands import ACTS, ASKED

LINES = list(read_lines(ROOT / "data" / "replies"))


def test_there_are_lines_for_every_step_and_every_act() -> None:
    assert len(LINES) >= 6000
    assert {line.asked for line in LINES} == set(ASKED)
    acts = Counter(part.act for line in LINES for part in line.parts)
    assert set(acts) == set(ACTS)
    assert min(acts.values()) >= 20


def test_every_part_has_words_and_every_value_is_within_one() -> None:
    for line in LINES:
        assert all(part.first < part.last for part in line.parts), line.message.text
        for span in line.spans:
            assert any(p.first <= span.first < p.last for p in line.parts), line.message.text


def test_a_line_is_read_in_rasas_markup(tmp_path: Path) -> None:
    (tmp_path / "summary.yml").write_text(
        'nlu:\n- intent: "yes+add"\n  metadata:\n    asked: summary\n  examples: |\n'
        '    - yea || and add my [fb](platform) [ana.k]{"entity": "handle", "role": "linked"}\n',
        encoding="utf-8",
    )
    (line,) = read_lines(tmp_path)
    assert line.message.text == "yea and add my fb ana.k"
    assert line.parts == (Part(0, 1, "yes"), Part(1, 6, "add"))
    assert line.spans == (Span(4, 5, "platform"), Span(5, 6, "handle", "linked"))


def test_parts_without_an_act_each_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(
        'nlu:\n- intent: "yes"\n  metadata:\n    asked: summary\n  examples: |\n    - a || b\n',
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match="2 parts for 1 acts"):
        list(read_lines(tmp_path))
