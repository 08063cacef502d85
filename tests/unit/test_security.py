"""What docs/security.md says is so, and the audit reports what it does not explain."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.version import Version

from bot.settings import ROOT
from tests.unit.test_dependencies import AT_LEAST
from tests.unit.test_docs import paths

ASVS = (ROOT / "docs" / "asvs.md").read_text("utf-8")
DOCUMENT = (ROOT / "docs" / "security.md").read_text("utf-8")
CLOSED = DOCUMENT.partition("## Holes that newer versions close")[2].partition("\n## ")[0]
STAY = DOCUMENT.partition("## Holes that stay")[2].partition("\n## ")[0]
HERE = re.compile(r"`([a-z0-9-]+)` (\d[\w.]*\w)")
AUDIT = ROOT / "scripts" / "audit"


def locked() -> dict[str, str]:
    lock = (ROOT / "uv.lock").read_text("utf-8")
    return dict(re.findall(r'^name = "(.+)"\nversion = "(.+)"$', lock, re.MULTILINE))


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    loader = SourceFileLoader("audit_script", str(AUDIT))
    spec = spec_from_loader("audit_script", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["audit_script"] = module
    loader.exec_module(module)
    return module


def found(package: str, number: str, *aliases: str) -> dict[str, Any]:
    """A package as pip-audit tells of it."""
    hole = {"id": number, "aliases": list(aliases), "fix_versions": ["9.9"], "description": "…"}
    return {"name": package, "version": "1.0", "vulns": [hole]}


def answer(*packages: dict[str, Any]) -> dict[str, Any]:
    harmless = {"name": "six", "version": "1.17.0", "vulns": []}
    return {"dependencies": [harmless, *packages], "fixes": []}


def run(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(AUDIT), str(path)], capture_output=True, text=True)


# --- the document


def test_every_version_that_is_named_is_the_one_in_the_lock() -> None:
    named = HERE.findall(DOCUMENT)
    assert len(named) > 20
    versions = locked()
    assert [(name, said) for name, said in named if versions.get(name) != said] == []


def test_every_file_that_is_named_exists() -> None:
    for document in ("docs/security.md", "docs/asvs.md"):
        named = list(paths(document))
        assert len(named) > 30
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT + ASVS))
    assert len(named) > 30
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert {name for name in named if f"def {name}(" not in code} == set()


def test_each_requirement_of_asvs_stands_in_some_way_and_what_holds_is_shown() -> None:
    cells = [row for row in rows(ASVS) if row[0] != "number"]
    numbers = [number for number, *_ in cells]
    assert len(set(numbers)) == len(numbers)
    # As many as the standard has: 70 of level 1, 183 of level 2.
    assert Counter(level for _, level, *_ in cells) == {"1": 70, "2": 183}
    stands = Counter(stand for _, _, _, stand, _ in cells)
    summary = f"{stands['holds']} hold, {stands['does not apply']} do not apply, "
    assert f"{summary}{stands['open']} are open." in ASVS
    assert set(stands) == {"holds", "does not apply", "open"}
    named = {number: re.findall(r"`([^`]+)`", shown) for number, _, _, _, shown in cells}
    shown_by = {number for number, _, _, stand, _ in cells if stand == "holds"}
    is_place = re.compile(r"test_\w+|[\w./-]+/[\w./-]+|\w[\w-]*\.(?:md|lock|toml|json)")
    assert [n for n in shown_by if not any(map(is_place.fullmatch, named[n]))] == []


def test_every_guard_names_a_test() -> None:
    guards = rows(DOCUMENT.partition("## Who could want what")[2].partition("\n## ")[0])
    guards = [cells for cells in guards if cells[0] != "wants"]
    assert len(guards) > 15
    assert [cells for cells in guards if "`test" not in cells[2]] == []


def test_what_newer_versions_close_is_closed_and_tested() -> None:
    closed = {}
    for _, here, fixed in rows(CLOSED):
        (name, said), = HERE.findall(here)
        assert Version(said) >= Version(fixed), name
        closed[name] = fixed
    assert closed == AT_LEAST


def test_every_hole_that_stays_is_read_by_the_audit(audit: ModuleType) -> None:
    explained = audit.explained(DOCUMENT)
    for known, here, _ in rows(STAY):
        (name, _), = HERE.findall(here)
        numbers = audit.ID.findall(known)
        assert numbers
        assert {(name, number) for number in numbers} <= explained
    # A hole that is said to be closed is no excuse when it is found after all.
    assert ("aiohttp", "CVE-2025-69223") not in explained


def test_the_names_of_the_other_sections_are_no_row(audit: ModuleType) -> None:
    assert len({name for name, _ in audit.explained(DOCUMENT)}) == len(rows(STAY))


# --- the audit


def test_what_is_explained_is_not_reported(audit: ModuleType) -> None:
    told = found("sanic-cors", "PYSEC-2026-9999", "GHSA-aaaa-bbbb-cccc", "CVE-2026-37737")
    assert audit.unexplained(answer(told), DOCUMENT) == []


def test_an_explanation_counts_for_its_package_only(audit: ModuleType) -> None:
    told = found("sanic", "CVE-2026-37737")
    (left,) = audit.unexplained(answer(told), DOCUMENT)
    assert (left.package, left.fixed) == ("sanic", ("9.9",))


def test_what_is_not_explained_ends_with_1_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    told = [found("sanic-cors", "CVE-2026-37737"), found("rasa", "PYSEC-2027-1", "CVE-2027-1000")]
    file.write_text(json.dumps(answer(*told)), encoding="utf-8")
    done = run(file)
    assert done.returncode == 1
    assert "rasa 1.0: CVE-2027-1000, PYSEC-2027-1, fixed in 9.9" in done.stdout
    assert "sanic-cors" not in done.stdout


def test_when_everything_is_explained_it_ends_with_0(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer(found("keras", "CVE-2024-3660"))), encoding="utf-8")
    done = run(file)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"dependencies": []}',
        # A service that knows none of the packages has not been asked.
        '{"dependencies": [{"name": "rasa", "skip_reason": "not found"}]}',
    ],
)
def test_what_is_no_answer_is_not_taken_for_a_good_one(text: str, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(text, encoding="utf-8")
    done = run(file)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no answer" in done.stderr


PIP_AUDIT = """#!/bin/sh
case "$1" in
export) exit 0 ;;
tool) {does} ;;
esac
"""


@pytest.mark.parametrize(
    ("does", "code", "said"),
    [
        ("echo 'requests.exceptions.ConnectionError: no such host' >&2; exit 1", 0, "left out"),
        ("echo 'KeyError: x' >&2; exit 1", 2, "pip-audit failed: KeyError: x"),
        ("cat $ANSWER; exit 1", 1, "1 not explained"),
    ],
    ids=["nobody to ask", "broken", "found"],
)
def test_the_audit_asks_and_says_what_came_of_it(
    does: str, code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stand-in for uv that answers as pip-audit does here, there, and where something is found.
    uv = tmp_path / "uv"
    uv.write_text(PIP_AUDIT.format(does=does), encoding="utf-8")
    uv.chmod(0o755)
    canned = tmp_path / "answer.json"
    canned.write_text(json.dumps(answer(found("rasa", "CVE-2027-1000"))), encoding="utf-8")
    monkeypatch.setenv("UV", str(uv))
    monkeypatch.setenv("ANSWER", str(canned))
    done = subprocess.run([sys.executable, str(AUDIT)], capture_output=True, text=True)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
