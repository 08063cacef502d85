"""A desk: a record with its settings in the environment, and commands that are run on it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot import cli
from bot.desk import common
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.service import ObjectionService
from tests.unit.objections.conftest import database, empty, url
from tests.unit.objections.examples import ISSUER, filing

__all__ = ["KEYS", "NOW", "answer", "database", "empty", "run", "sentence", "url"]

# The moment at which commands are run. In Portugal what was received then is due on 26 December.
NOW = datetime(2024, 11, 25, 9, 30, tzinfo=timezone.utc)
SECRET = base64.b64encode(bytes(32)).decode("ascii")
KEYS = Keys([("k1", bytes(32))])
SETTINGS = (
    "DATA_DIR", "DATABASE_URL", "DATA_KEYS", "SECRET_KEY", "SIGNING_KEY", "LOG_LEVEL",
    "OPERATOR_ROLE", "OPERATOR_NAME", "DESK_OPERATOR", "CONTROLLER_CONTACT",
)


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, ["desk", *arguments], input=typed)


def answer(result: Result, code: int = 0) -> dict[str, Any]:
    """The one JSON object that was printed."""
    assert result.exit_code == code, result.output
    (line,) = result.stdout.splitlines()
    return dict(json.loads(line))


def sentence(result: Result, code: int) -> str:
    """The one sentence that tells why there is nothing else."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (line,) = [line for line in result.stderr.splitlines() if "database_failed" not in line]
    return str(line)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment without keys."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def at_the_desk(
    database: Database,
    url: str,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    logging_as_before: None,
) -> None:
    """The environment of an operator called ana."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATA_KEYS", f"k1:{SECRET}")
    monkeypatch.setenv("SIGNING_KEY", SECRET)
    monkeypatch.setenv("SECRET_KEY", "s" * 32)
    monkeypatch.setenv("DESK_OPERATOR", "ana")
    monkeypatch.setattr(common, "now", lambda: NOW)


@pytest.fixture
def file(database: Database) -> Callable[..., str]:
    """Files an objection; `days` is how long ago. Returns its number."""
    made = iter(range(1_000_000))

    def filed(days: float = 0, **changes: Any) -> str:
        at = NOW - timedelta(days=days)
        service = ObjectionService(database, KEYS, ISSUER, clock=lambda: at)
        one = filing(**{"idempotency_key": f"key-{next(made)}", **changes})
        return service.file(one).objections[0].reference

    return filed
