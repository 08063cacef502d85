"""No text takes for ever: with its length the time that it takes grows as its length does.

Shown by the CPU that texts of 30 to 1,000 characters take, each against the one a quarter as long;
how long that is does not matter here. `python -m bench.longest` says it in milliseconds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.longest import MUCH, RUNS, STEPS, grown, growth
from bot import patterns
from bot.patterns import Pattern
from bot.settings import ROOT
from tests.unit.pieces import load_all_patterns, runs_of

load_all_patterns()


def uses(pattern: Pattern | re.Pattern[str]) -> Callable[[str], Any]:
    def use(text: str) -> None:
        pattern.match(text)
        pattern.fullmatch(text)
        list(pattern.finditer(text))

    return use


@pytest.mark.parametrize("pattern", patterns.compiled, ids=lambda pattern: pattern.pattern[:40])
def test_every_pattern_takes_time_as_its_text_is_long(pattern: Pattern) -> None:
    for run in runs_of(pattern.pattern):
        assert growth(uses(pattern), run) < MUCH, run


@pytest.mark.parametrize("run", RUNS)
def test_every_step_takes_time_as_its_text_is_long(run: str) -> None:
    for name, read in STEPS.items():
        assert growth(read, run) < MUCH, name


def test_the_measure_finds_what_is_not_linear() -> None:
    source = r"(?:\S+ ?){1,3}\W*$"
    assert growth(uses(re.compile(source)), "a", after="!a b c d") > MUCH
    assert growth(uses(Pattern(source)), "a", after="!a b c d") < MUCH


def test_no_other_module_has_patterns_of_another_kind() -> None:
    engines = {"re", "regex", "re2", "sre_parse", "fnmatch"}
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("bot", "actions")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if engines & imported(path)
    }
    # It asks `re` about one character at a time, and of people's texts only that.
    assert found == {"bot/patterns.py"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_texts_grow_to_their_length() -> None:
    assert grown("ab ", 7) == "ab ab "
    assert grown("ab ", 7, before="-", after="!") == "-ab !"
    assert grown("abcdef", 4) == "abcd"
