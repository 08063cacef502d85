"""What an export writes, for whom, and what is left when it fails."""

from __future__ import annotations

import csv
import errno
import io
import json
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.desk import exporting
from bot.desk.exporting import COLUMNS
from bot.objections import model
from bot.objections.db import Database
from bot.objections.errors import StorageError
from tests.unit.desk.conftest import answer, run, sentence
from tests.unit.desk.test_looking import reseal
from tests.unit.objections.examples import ANA_ON_FACEBOOK

File = Callable[..., str]

pytestmark = pytest.mark.usefixtures("at_the_desk")


def exports(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """Who exported how much, from the audit log."""
    event = model.audit_event.c
    with database.session(read_only=True) as session:
        rows = session.execute(
            select(event.actor, event.payload).where(event.action == "record_exported")
        ).all()
    return [(row.actor, json.loads(row.payload)) for row in rows]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_export_as_csv_is_for_a_spreadsheet(
    file: File, database: Database, tmp_path: Path
) -> None:
    reference = file(linked_accounts=(ANA_ON_FACEBOOK,), reason="Two\nlines, and a \"quote\"")
    path = tmp_path / "cases.csv"
    result = run("export", "--out", str(path))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"1 objection written to {path}.")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (row,) = read_csv(path)
    assert tuple(row) == COLUMNS
    assert row["reference"] == reference
    assert (row["full_name"], row["email"]) == ("Ana Silva", "ana@example.org")
    assert row["reason"] == "Two\nlines, and a \"quote\""
    assert row["accounts"] == "instagram:ana.s (hold); facebook:ana.silva (hold)"
    assert (row["verified_at"], row["erased"], row["unreadable"]) == ("", "no", "")
    assert exports(database) == [("operator:ana", {"objections": 1})]


def test_an_export_as_jsonl_has_what_show_has(
    file: File, database: Database, tmp_path: Path
) -> None:
    first, second = file(40), file(0)
    path = tmp_path / "cases.jsonl"
    told = answer(run("export", "--format", "jsonl", "--out", str(path), "--as", "ben", "--json"))
    assert told == {"file": str(path), "objections": 2, "unreadable": 0}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [row["reference"] for row in rows] == [first, second]
    assert [tuple(row) for row in rows] == [COLUMNS] * 2
    shown = answer(run("show", first, "--json"))
    assert {name: shown[name] for name in COLUMNS} == rows[0]
    assert exports(database) == [("operator:ben", {"objections": 2})]


@pytest.mark.parametrize(
    ("written", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("＝1+1", "'＝1+1"),
        ("  =1+1", "'  =1+1"),
        ("\ufeff=1+1", "'\ufeff=1+1"),
        ("\t=1+1", "'\t'=1+1"),
        ("\r\n=1+1", "'\r\n'=1+1"),
        ("x;=1+1;", "x;'=1+1;"),
        ('x,"=1+1"', "x,'\"=1+1\""),
        ("x\t ＠SUM(1)", "x\t' ＠SUM(1)"),
        ("first\n- second", "first\n'- second"),
        ("1 + 1 = 2; or not", "1 + 1 = 2; or not"),
    ],
)
def test_what_a_spreadsheet_would_run_is_guarded_wherever_a_cell_may_begin(
    file: File, database: Database, tmp_path: Path, written: str, guarded: str
) -> None:
    reference = file()
    reseal(database, reference, written)
    path = tmp_path / "cases.csv"
    assert run("export", "--out", str(path)).exit_code == 0
    (row,) = read_csv(path)
    assert row["reason"] == guarded
    # A program reads what was written, unchanged.
    lines = tmp_path / "cases.jsonl"
    assert run("export", "--format", "jsonl", "--out", str(lines)).exit_code == 0
    assert json.loads(lines.read_text("utf-8"))["reason"] == written


# Made of what could tell a cell's end or a formula's beginning, and a few letters.
odd = st.text("=+-@＝＋－＠;,|\t\r\n\v\u2028 \u200b\ufeff\"'xy1", max_size=12)
anything = odd | st.text(max_size=12)


@given(st.lists(st.tuples(anything, anything, anything), min_size=1, max_size=3))
def test_whichever_separator_is_taken_no_cell_begins_like_a_formula(
    told: list[tuple[str, str, str]],
) -> None:
    rows = [
        {**dict.fromkeys(COLUMNS), "full_name": name, "reason": reason, "unreadable": [],
         "accounts": [{"platform": "instagram", "handle": handle, "exclusion_state": "hold"}]}
        for name, reason, handle in told
    ]
    file, lines = io.StringIO(newline=""), io.StringIO(newline="")
    exporting.write_csv(file, rows)
    for delimiter in ",;\t|":
        for cells in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter):
            for cell in cells:
                # A spreadsheet takes away what is not seen before it looks.
                seen = cell.lstrip(" \t\r\n\v\f\u2028\u200b\ufeff\"")
                assert seen[:1] not in {*"=+-@＝＋－＠"}, (delimiter, cell)
    assert len(list(csv.reader(io.StringIO(file.getvalue(), newline="")))) == len(rows) + 1
    # Every cell is quoted, and a quote within one is doubled.
    assert file.getvalue().startswith('"reference","case_status",')
    exporting.write_jsonl(lines, rows)
    assert [json.loads(line) for line in lines.getvalue().split("\n")[:-1]] == rows


def test_an_export_takes_the_filters_of_the_list(
    file: File, database: Database, tmp_path: Path
) -> None:
    file(40)
    german = file(0, country="DE")
    path = tmp_path / "cases.csv"
    assert run("export", "--out", str(path), "--country", "DE").exit_code == 0
    assert [row["reference"] for row in read_csv(path)] == [german]
    nothing = tmp_path / "nothing.csv"
    assert run("export", "--out", str(nothing), "--status", "refused").exit_code == 0
    assert read_csv(nothing) == []
    assert [payload["objections"] for _, payload in exports(database)] == [1, 0]


def test_an_export_overwrites_nothing(file: File, database: Database, tmp_path: Path) -> None:
    file()
    path = tmp_path / "cases.csv"
    path.write_text("mine")
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "elsewhere.csv")
    for one in (path, link):
        assert "exists already" in sentence(run("export", "--out", str(one)), 2)
    assert path.read_text() == "mine"
    gone = sentence(run("export", "--out", str(tmp_path / "nowhere" / "a.csv")), 2)
    assert "cannot be written" in gone
    assert exports(database) == []


def test_what_is_not_in_the_audit_log_is_not_in_a_file_either(
    file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file()
    path = tmp_path / "cases.csv"

    def failing(*_: Any) -> None:
        raise StorageError()

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "note_export", failing)
        assert "could not be written" in sentence(run("export", "--out", str(path)), 2)
        assert not path.exists()

    # Ctrl-C, `kill` and a closed terminal.
    for way in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        before = signal.getsignal(way)

        def interrupted(*_: Any, way: signal.Signals = way) -> Iterator[Any]:
            assert path.exists()
            signal.raise_signal(way)
            raise AssertionError("not interrupted")

        with monkeypatch.context() as patch:
            patch.setattr(exporting.CaseReader, "cases", interrupted)
            assert run("export", "--out", str(path)).exit_code != 0
        assert not path.exists()
        assert signal.getsignal(way) == before

    def on_a_full_disk(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(exporting.os, "fsync", on_a_full_disk)
        assert "No space left" in sentence(run("export", "--out", str(path)), 2)
        assert not path.exists()


def test_an_export_needs_an_operator_and_a_form(
    file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "cases.xls")
    assert "csv or jsonl" in sentence(run("export", "--format", "xls", "--out", path), 2)
    monkeypatch.delenv("DESK_OPERATOR")
    assert "Who is asking?" in sentence(run("export", "--out", path), 2)
    assert list(tmp_path.glob("cases*")) == []


def test_what_does_not_open_is_left_out_and_said(
    file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = file()
    monkeypatch.setenv("DATA_KEYS", "k2:" + "A" * 43 + "=")
    path = tmp_path / "cases.csv"
    result = run("export", "--out", str(path))
    assert result.exit_code == 1
    assert "In 1 of them something cannot be opened" in result.stderr
    (row,) = read_csv(path)
    assert (row["reference"], row["email"]) == (reference, "")
    assert row["unreadable"] == "full_name; email; reason; handle"
