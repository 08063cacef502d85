"""Lines put together to learn borders from."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from bot.nlu.replies.compose import composed, with_marks
from bot.nlu.replies.lines import Line, read_lines

ROWS = """nlu:
- intent: "none+ask"
  metadata:
    asked: linked_accounts
  examples: |
    - no others || why do you ask
- intent: give
  metadata:
    asked: linked_accounts
  examples: |
    - my [fb](platform) [ana.k]{"entity": "handle", "role": "linked"}
- intent: none
  metadata:
    asked: linked_accounts
  examples: |
    - thats all
"""


def lines(tmp_path: Path) -> list[Line]:
    (tmp_path / "linked_accounts.yml").write_text(ROWS, encoding="utf-8")
    return list(read_lines(tmp_path))


def shown(line: Line) -> list[tuple[str, str]]:
    """The act and the words of each part."""
    tokens = line.message.tokens
    return [
        (p.act, line.message.text[tokens[p.first].start : tokens[p.last - 1].end])
        for p in line.parts
    ]


def test_parts_are_learned_with_marks_between_them_too(tmp_path: Path) -> None:
    found = [shown(line) for line in with_marks(lines(tmp_path))]
    assert [("none", "no others,"), ("ask", "why do you ask")] in found
    assert [("none", "no others."), ("ask", "why do you ask")] in found
    assert len(found) == 3


def test_lines_of_one_step_are_put_together_with_their_values_in_place(tmp_path: Path) -> None:
    made = list(composed(lines(tmp_path), 60))
    assert len(made) == 60
    for line in made:
        for span in line.spans:
            tokens = line.message.tokens[span.first : span.last]
            text = line.message.text[tokens[0].start : tokens[-1].end]
            assert text == {"platform": "fb", "handle": "ana.k"}[span.label]
        # Two that do the same are one part.
        acts = [part.act for part in line.parts]
        assert all(one != other for one, other in pairwise(acts))
        assert line.parts[-1].last == len(line.message.tokens)
    assert {len(line.parts) for line in made} == {1, 2, 3, 4}


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    once, again = (list(composed(lines(tmp_path), 20)) for _ in range(2))
    assert once == again
