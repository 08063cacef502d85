"""`objection-bot desk retention`: what it says, and that a dry run changes nothing."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from bot import cli
from bot.objections import model
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ISSUER, filing

pytestmark = pytest.mark.usefixtures("logging_as_before")


@pytest.fixture
def closed(
    database: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An objection that was taken back years ago."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATA_DIR", "CONTACT_DAYS", "CONVERSATION_DAYS", "UNVERIFIED_HOLD_DAYS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "DATABASE_URL": url, "SECRET_KEY": "s" * 40, "DATA_KEYS": "unused", "SIGNING_KEY": "unused"
    }.items():
        monkeypatch.setenv(name, value)
    long_ago = datetime(2020, 1, 1, tzinfo=timezone.utc)
    service = ObjectionService(
        database, Keys([("k1", bytes(32))]), ISSUER, clock=lambda: long_ago
    )
    service.withdraw([service.file(filing()).objections[0].reference], "chat")
    with database.session() as session:
        session.execute(model.outbox.update().values(sent_at=long_ago))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["desk", "retention", *arguments])


def contacts(database: Database) -> int:
    with database.session(read_only=True) as session:
        return len(session.execute(select(model.contact)).all())


def test_a_dry_run_says_what_it_would_do_and_does_it_not(
    closed: None, database: Database
) -> None:
    result = run("--dry-run")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("This would be done:\n       1  people erased")
    assert contacts(database) == 1
    told = json.loads(run("--dry-run", "--json").stdout)
    assert (told["dry_run"], told["persons"], told["mails"]) == (True, 1, 2)
    assert contacts(database) == 1


def test_without_it_is_done(
    closed: None, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACT_DAYS", "0")
    assert "       0  people erased" in run().stdout
    assert contacts(database) == 1
    monkeypatch.delenv("CONTACT_DAYS")
    assert json.loads(run("--json").stdout)["persons"] == 1
    assert contacts(database) == 0


def test_a_setting_that_cannot_be_used_is_no_answer(
    closed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACT_DAYS", "soon")
    result = run()
    assert result.exit_code == 2
    assert "CONTACT_DAYS" in result.stderr
