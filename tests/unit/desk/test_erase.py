"""Erasing at the desk: it asks first, says what it covers, and exits as it should."""

from __future__ import annotations

import asyncio
import json
from email import message_from_bytes
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select, update
from typer.testing import CliRunner

from bot import cli
from bot.objections import model, moments
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.postman import Files
from bot.objections.references import new_reference
from bot.objections.service import ObjectionService
from tests.unit.objections.examples import ISSUER, SHOP, filing
from tests.unit.objections.mailing import postman

pytestmark = pytest.mark.usefixtures("logging_as_before")


@pytest.fixture
def references(
    database: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The two numbers of one sitting, in the database that the environment names."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATA_DIR", "DATA_KEYS", "SECRET_KEY", "LOG_LEVEL", "DESK_OPERATOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", url)
    service = ObjectionService(database, Keys([("k1", bytes(32))]), ISSUER)
    filed = service.file(filing(unlinked_accounts=(SHOP,)))
    return [one.reference for one in filed.objections]


def run(*arguments: str, said: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["desk", "erase", *arguments], input=said)


def contacts(database: Database) -> int:
    with database.session(read_only=True) as session:
        return len(session.execute(select(model.contact)).all())


def test_it_covers_the_sitting_and_says_so(database: Database, references: list[str]) -> None:
    first, second = references
    result = run(second, "--as", "eve", "--yes")
    assert result.exit_code == 0, result.output
    assert f"It covers {first}, {second}, filed in one sitting." in result.stdout
    assert f"Not closed yet: {first}, {second}." in result.stdout
    assert result.stderr == ""
    assert contacts(database) == 0
    with database.session(read_only=True) as session:
        event = model.audit_event.c
        actors = select(event.actor).where(event.action == "person_erased")
        assert session.execute(actors).scalars().all() == ["operator:eve"]


def test_the_mails_that_were_written_into_files_go_with_the_person(
    database: Database, references: list[str], tmp_path: Path
) -> None:
    service = ObjectionService(database, Keys([("k1", bytes(32))]), ISSUER)
    service.file(filing(email="ben@example.org", idempotency_key="key-2"))
    folder = tmp_path / "var" / "mail"
    folder.mkdir(parents=True)
    asyncio.run(postman(database, Files(folder), clock=moments.now).deliver())
    to = {path: message_from_bytes(path.read_bytes())["To"] for path in folder.iterdir()}
    theirs = [path for path, whom in to.items() if "ana@example.org" in whom]
    others = {path for path, whom in to.items() if "ben@example.org" in whom}
    assert theirs and others
    theirs[0].with_name(f".{theirs[0].stem}.part").write_text("half a mail")
    mine = folder / "notes.eml"
    mine.write_text("not ours")

    assert run(references[0], "--as", "eve", "--yes").exit_code == 0
    assert set(folder.iterdir()) == {*others, mine}


@pytest.mark.parametrize("said", ["n\n", "\n", ""])
def test_without_a_yes_nothing_happens(
    database: Database, references: list[str], said: str
) -> None:
    result = run(references[0], "--as", "eve", said=said)
    assert result.exit_code == 1
    # The runner repeats what was typed.
    assert result.stdout.strip() == said.strip()
    assert "It cannot be undone." in result.stderr
    assert contacts(database) == 1


def test_with_a_yes_it_is_done(
    database: Database, references: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_OPERATOR", "eve")
    result = run(references[0], "--json", said="y\n")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1]) == {
        "erased": True,
        "references": references,
        "open": references,
        "copies_stay_readable": False,
    }
    assert contacts(database) == 0


def test_a_person_without_a_key_stays_readable_in_copies_and_that_is_said(
    database: Database, references: list[str]
) -> None:
    with database.session() as session:
        session.execute(update(model.contact).values(wrapped_key=None))
    result = run(references[0], "--as", "eve", "--yes")
    assert result.exit_code == 0
    assert "copies of the database from before stay readable" in result.stdout


def test_twice_is_no(references: list[str]) -> None:
    assert run(references[0], "--as", "eve", "--yes").exit_code == 0
    again = run(references[1], "--as", "eve", "--yes")
    assert again.exit_code == 1
    assert again.stderr == "That person was erased before.\n"


def test_a_number_of_nobody_is_no(references: list[str]) -> None:
    result = run(new_reference(), "--as", "eve", "--yes")
    assert result.exit_code == 1
    assert "I cannot find an objection with that number." in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("OBJ-1", "--as", "eve"), (None, "--as", "Eve Moor"), (None,), (None, "--as", "")],
    ids=["no number", "no name", "nobody", "an empty name"],
)
def test_what_cannot_be_used_is_no_answer(
    database: Database, references: list[str], arguments: tuple[str | None, ...]
) -> None:
    given = [references[0] if one is None else one for one in arguments]
    result = run(*given, "--yes")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert contacts(database) == 1


def test_without_a_database_there_is_no_answer_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    result = run(new_reference(), "--as", "eve", "--yes")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_older_database_is_not_touched(
    empty: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.migrate("0005")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    result = run(new_reference(), "--as", "eve", "--yes")
    assert result.exit_code == 2
    assert "made by an older version" in result.stderr
