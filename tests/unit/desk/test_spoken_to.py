"""The desk speaks to operators, who filed nothing, and claims nothing that it cannot see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from bot.desk.cli import desk
from tests.unit.desk.conftest import run

File = Callable[..., str]
# How the chat speaks to whoever has filed.
TO_THE_PERSON = re.compile(r"\bI\b|\b[Yy]our (objection|confirmation|receipt|account|answers)\b")
# Every command that takes a number, with what else it needs.
WITH_A_NUMBER = {
    "show": (),
    "take": (),
    "uphold": (),
    "not-matched": (),
    "reopen": (),
    "extend": ("--months", "1", "--reason", "Very many came at once."),
    "refuse": ("--ground", "legal_claims", "--text", "We need it in court."),
    "erase": ("--yes",),
}
NAMES = [str(command.name) for command in desk.registered_commands]

pytestmark = pytest.mark.usefixtures("at_the_desk")


@pytest.mark.parametrize(
    "number", ["OBJ-1", "OBJ-0000-0000-0000-0001-2", "OBJ-0000-0000-0000-0001-1"]
)
@pytest.mark.parametrize("name", WITH_A_NUMBER)
def test_a_number_that_is_none_is_told_to_an_operator(file: File, name: str, number: str) -> None:
    file()
    result = run(name, number, *WITH_A_NUMBER[name])
    assert result.exit_code in (1, 2) and result.stdout == ""
    assert re.search(r"[Nn]umber", result.stderr)
    assert not TO_THE_PERSON.search(result.stderr)


@pytest.mark.parametrize("name", WITH_A_NUMBER)
def test_what_is_done_and_what_cannot_be_is_told_to_an_operator(file: File, name: str) -> None:
    reference = file()
    printed = []
    for _ in range(2):
        result = run(name, reference, *WITH_A_NUMBER[name])
        printed += [result.stdout, result.stderr]
        run("take", reference)
    said = "\n".join(printed).replace(reference, "")
    assert said.strip() and not TO_THE_PERSON.search(said)


def test_every_command_with_a_number_is_looked_at() -> None:
    takes = {name for name in NAMES if re.search(r"\bREF\b", run(name, "--help").stdout)}
    assert takes == set(WITH_A_NUMBER)


@pytest.mark.parametrize("name", NAMES)
def test_help_speaks_to_operators(name: str) -> None:
    assert not TO_THE_PERSON.search(run(name, "--help").stdout)


def test_one_person_with_two_names_is_not_kept_from_refusing_and_the_help_says_so(
    file: File,
) -> None:
    reference = file()
    run("take", reference, "--as", "ana")
    run("refuse", reference, "--ground", "legal_claims", "--text", "In court.", "--as", "ana")
    assert run("refuse", reference, "--confirm", "--as", "ben").exit_code == 0
    told = " ".join(re.sub(r"[│╭╮╰╯─]", " ", run("refuse", "--help").stdout).split())
    assert "taken as they are given: --as is no login" in told
