"""What `objection-bot keys` prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import update
from typer.testing import CliRunner

from bot import cli
from bot.objections import erasure, model
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.service import Filed, ObjectionService
from tests.unit.desk.conftest import database, empty, url
from tests.unit.objections.examples import ISSUER, OLD, filing
from tests.unit.objections.test_rotation import KEY_1, KEY_2, NOW

__all__ = ["database", "empty", "url"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
BOTH = f"{KEY_2},{KEY_1}"


@pytest.fixture
def filed(
    database: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Filed:
    """An objection under k1, in the database that the environment names."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATA_DIR", "LOG_LEVEL", "DESK_OPERATOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    monkeypatch.setenv("SIGNING_KEY", "A" * 43 + "=")
    monkeypatch.setenv("DATA_KEYS", BOTH)
    return ObjectionService(database, Keys.parse(KEY_1), ISSUER, clock=lambda: NOW).file(filing())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["keys", *arguments])


def answer(result: Result) -> dict[str, Any]:
    (line,) = result.stdout.splitlines()
    return dict(json.loads(line))


def key(answered: dict[str, Any], key_id: str) -> dict[str, Any]:
    (found,) = [one for one in answered["keys"] if one["id"] == key_id]
    return dict(found)


def test_a_new_key_is_one_that_can_be_put_first() -> None:
    result = run("new")
    assert result.exit_code == 0
    made = result.stdout.strip()
    assert len(Keys.parse(f"{made},{KEY_1}").ids) == 2
    assert run("new").stdout.strip() != made


def test_rotating_says_that_the_old_key_can_go(filed: Filed) -> None:
    before = answer(run("status", "--json"))
    assert before["current"] == "k2"
    assert (key(before, "k1")["subjects"], key(before, "k1")["needed"]) == (1, True)
    result = run("rotate")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Brought under k2: 1 people, 1 accounts.\n")
    assert "k1 can be removed from DATA_KEYS, in ten minutes at the earliest" in result.stdout
    after = answer(run("status", "--json"))
    assert (key(after, "k1")["subjects"], key(after, "k1")["needed"]) == (0, False)
    assert key(after, "k2")["accounts"] == 1
    again = answer(run("rotate", "--json"))
    assert (again["contacts"], again["accounts"], again["unreadable"]) == (0, 0, [])


def test_an_old_key_that_has_to_stay_is_named_with_its_reason(
    filed: Filed, database: Database
) -> None:
    service = ObjectionService(database, Keys.parse(KEY_1), ISSUER, clock=lambda: NOW)
    service.file(filing(account=OLD, idempotency_key="b"))
    sitting = erasure.sitting(database, filed.objections[0].reference)
    assert sitting.contact_id is not None
    erasure.erase(database, sitting.contact_id, "system", NOW)
    result = run("rotate")
    assert result.exit_code == 0
    assert "k1 has to be kept:\n  1 accounts are found by it alone" in result.stdout
    assert "can be removed" not in result.stdout
    (reason,) = key(answer(run("rotate", "--json")), "k1")["reasons"]
    assert "erased" in reason


def test_a_key_that_is_missing_is_no_and_named(
    filed: Filed, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_KEYS", KEY_2)
    status = run("status")
    assert status.exit_code == 1
    assert "k1 is needed and not in DATA_KEYS." in status.stdout
    assert answer(run("status", "--json"))["missing"] == ["k1"]
    result = run("rotate")
    assert result.exit_code == 1
    assert "1 people could not be opened with the keys in DATA_KEYS." in result.stdout
    assert "k1 is missing from DATA_KEYS:" in result.stdout
    with database.session(read_only=True) as session:
        (contact,) = session.execute(model.contact.select()).all()
    assert answer(run("rotate", "--json"))["unreadable"] == [contact.id]


def test_no_command_shows_a_key_or_what_was_typed(filed: Filed, database: Database) -> None:
    with database.session() as session:
        session.execute(update(model.contact).values(wrapped_key=b"\1\2k1" + bytes(60)))
    printed = "".join(run(name).output for name in ("rotate", "status"))
    for secret in (*BOTH.replace(",", ":").split(":")[1::2], "Ana", "ana.s", "example.org"):
        assert secret not in printed


@pytest.mark.parametrize("name", ["rotate", "status"])
def test_without_a_database_no_keys_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("DATABASE_URL", "DATA_KEYS", "DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)
    result = run(name)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_keys_that_cannot_be_used_are_no_answer(
    filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_KEYS", "k1:nothing")
    result = run("rotate")
    assert result.exit_code == 2
    assert "DATA_KEYS" in result.stderr
