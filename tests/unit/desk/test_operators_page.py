"""Every example of docs/operators.md runs, in the order of the page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import desk
from bot.settings import ROOT
from tests.unit.desk.conftest import run

pytestmark = pytest.mark.usefixtures("at_the_desk")

PAGE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^objection-bot desk (.+)$", re.MULTILINE)
NUMBER = re.compile(r"OBJ(?:-[A-Z]{4}){4}-[A-Z]")


def examples() -> list[list[str]]:
    """The arguments of each example, without its remark."""
    found = [shlex.split(line, comments=True) for line in EXAMPLE.findall(PAGE)]
    assert len(found) > 10
    return found


def test_every_command_has_an_example_and_every_example_a_command() -> None:
    commands = {command.name for command in desk.registered_commands}
    assert {arguments[0] for arguments in examples()} == commands
    named = set(re.findall(r"`(?:objection-bot )?desk ([a-z-]+)", PAGE))
    assert named
    assert named <= commands


def test_every_example_runs(
    file: Callable[..., str], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = re.findall(r"^export DESK_OPERATOR=(\w+)", PAGE, re.MULTILINE)
    monkeypatch.setenv("DESK_OPERATOR", name)
    numbers: dict[str, str] = {}
    for arguments in examples():
        real = [
            numbers.setdefault(word, file()) if NUMBER.fullmatch(word) and word not in numbers
            else numbers.get(word, word)
            for word in arguments
        ]
        result = run(*real)
        assert result.exit_code == 0, (arguments, result.output)
    assert len(numbers) == 5
    assert {path.name for path in elsewhere.iterdir()} == {"ages.png", "cases.csv", "upheld.jsonl"}


def test_the_page_is_linked_from_the_readme() -> None:
    assert "(docs/operators.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
