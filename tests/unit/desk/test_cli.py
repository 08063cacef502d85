"""What the operators' commands print, how they exit, and that reading changes nothing."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import delete, insert, inspect, text, update

from bot.objections import model
from bot.objections.audit import START, Link, append
from bot.objections.db import Database
from tests.unit.desk.conftest import run

pytestmark = pytest.mark.usefixtures("logging_as_before", "elsewhere")

NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
PAYLOAD = {
    "accounts": 1,
    "batch_id": "b" * 32,
    "notice_sha256": "5" * 64,
    "notice_version": "2024-10-09",
    "position": 0,
}


@pytest.fixture
def log(database: Database, url: str, monkeypatch: pytest.MonkeyPatch) -> list[Link]:
    """A log of three events in the database that the environment names."""
    monkeypatch.setenv("DATABASE_URL", url)
    with database.session() as session:
        return [
            append(
                session,
                at=NOW,
                actor="person",
                action="objection_filed",
                objection_id=None,
                payload=PAYLOAD,
            )
            for _ in range(3)
        ]


def answer(result: Result) -> dict[str, Any]:
    """The one JSON object that was printed."""
    (line,) = result.stdout.splitlines()
    parsed = json.loads(line)
    assert set(parsed) == {"whole", "head", "broken"}
    return dict(parsed)


def assert_no_answer(result: Result) -> str:
    """Nothing was answered and the reason is told in one sentence; returns it."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if "database_failed" not in line]
    (sentence,) = lines
    return str(sentence)


def without_triggers(database: Database, change: Any) -> None:
    with database.session() as session:
        if session.dialect.name == "postgresql":
            session.execute(text("DROP FUNCTION audit_event_is_append_only CASCADE"))
        else:
            for name in ("no_update", "no_delete"):
                session.execute(text(f"DROP TRIGGER audit_event_{name}"))
        session.execute(change)


def test_a_whole_log_is_said_to_be_whole_with_its_head(log: list[Link]) -> None:
    result = run("verify-audit")
    assert result.exit_code == 0
    assert result.stdout == f"The audit log is whole: 3 events.\nHead: {log[-1]}\n"
    assert result.stderr == ""
    assert answer(run("verify-audit", "--json")) == {
        "whole": True,
        "head": str(log[-1]),
        "broken": None,
    }


def test_a_log_without_events_is_whole(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    result = run("verify-audit", "--expect", str(START))
    assert result.exit_code == 0
    assert f"0 events.\nEvent 0 is the one that was noted.\nHead: {START}\n" in result.stdout


def test_a_broken_log_exits_with_1_and_names_the_event(
    log: list[Link], database: Database
) -> None:
    changed = update(model.audit_event).where(model.audit_event.c.number == 2)
    without_triggers(database, changed.values(actor="system"))
    result = run("verify-audit")
    assert result.exit_code == 1
    assert result.stdout.startswith("The audit log is broken. Event 2 was changed")
    as_json = run("verify-audit", "--json")
    assert as_json.exit_code == 1
    told = answer(as_json)
    assert (told["whole"], told["head"]) == (False, None)
    assert told["broken"]["number"] == 2
    assert told["broken"]["problem"] == "changed"
    assert told["broken"]["sentence"] in result.stdout


def test_a_head_that_was_noted_shows_that_the_end_was_cut_off(
    log: list[Link], database: Database
) -> None:
    for noted in log:
        result = run("verify-audit", "--expect", str(noted))
        assert result.exit_code == 0
        assert f"Event {noted.number} is the one that was noted." in result.stdout
    last = model.audit_event.c.number == 3
    without_triggers(database, delete(model.audit_event).where(last))
    assert run("verify-audit").exit_code == 0
    result = run("verify-audit", "--expect", str(log[-1]))
    assert result.exit_code == 1
    assert "ends before event 3" in result.stdout


def test_a_head_with_another_hash_shows_that_the_log_was_rewritten(log: list[Link]) -> None:
    result = run("verify-audit", "--json", "--expect", "2:" + "0" * 64)
    assert result.exit_code == 1
    assert answer(result)["broken"]["problem"] == "rewritten"


@pytest.mark.parametrize("head", ["", "2", "[bold]2[/bold]", "2:abc", "-1:" + "0" * 64])
def test_what_is_no_head_is_told_before_anything_is_read(head: str) -> None:
    assert assert_no_answer(run("verify-audit", "--expect", head)).startswith("--expect: a head is")


def test_an_option_that_does_not_exist_exits_with_2() -> None:
    result = run("verify-audit", "--fix")
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_database_that_is_not_there_is_told_and_not_made(elsewhere: Path) -> None:
    assert "is not there" in assert_no_answer(run("verify-audit", "--json"))
    assert list(elsewhere.iterdir()) == []


def test_a_database_without_tables_is_told_and_not_migrated(
    empty: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.ping()
    monkeypatch.setenv("DATABASE_URL", url)
    assert "has no audit log" in assert_no_answer(run("verify-audit"))
    with empty.session(read_only=True) as session:
        assert inspect(session).get_table_names() == []


def test_a_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ana:secret@127.0.0.1:1/nothing")
    result = run("verify-audit")
    assert "does not answer" in assert_no_answer(result)
    assert "secret" not in result.stderr


def test_a_file_that_is_no_database_is_told(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / "notes.txt").write_text("not a database, but long enough to be read" * 99)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///notes.txt")
    assert "is damaged" in assert_no_answer(run("verify-audit"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", "ana:secret"), ("DATABASE_URL", "sqlite://"), ("LOG_LEVEL", "LOUD")],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    sentence = assert_no_answer(run("verify-audit"))
    assert sentence.startswith(name)
    assert "secret" not in sentence


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_reading_leaves_the_file_as_it_was(
    log: list[Link], database: Database, tmp_path: Path, elsewhere: Path
) -> None:
    database.dispose()
    file, log_of_writes = tmp_path / "record.db", tmp_path / "record.db-wal"
    before = file.read_bytes()
    assert run("verify-audit").exit_code == 0
    assert file.read_bytes() == before
    # SQLite itself puts this and its index beside a file in WAL mode that somebody reads.
    assert not log_of_writes.exists() or log_of_writes.read_bytes() == b""
    assert list(elsewhere.iterdir()) == []


def test_reading_goes_on_while_somebody_writes(log: list[Link], database: Database) -> None:
    with database.session() as session:
        session.execute(insert(model.account_center).values(id="one", created_at=NOW))
        assert run("verify-audit").exit_code == 0


def test_the_help_says_what_a_head_is_for() -> None:
    told = run("verify-audit", "--help").stdout
    assert "--expect" in told
    assert "NUMBER:HASH" in told
