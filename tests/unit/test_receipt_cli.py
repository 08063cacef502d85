"""The commands that check a receipt: what they print, and how they end."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot import cli
from bot.objections.receipt_pdf import page
from bot.objections.receipts import Receipt, issue
from bot.objections.signing import Signer, published
from bot.settings import Settings
from tests.unit.objections.examples import ISSUER
from tests.unit.objections.test_receipts import FACTS

KEY = ISSUER.signer.public


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the data of an installation in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATA_DIR", "DATABASE_URL", "SIGNING_KEY", "FORMER_SIGNING_KEYS",
                 "SECRET_KEY", "DATA_KEYS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def own(folder: Path) -> Receipt:
    """A receipt of this installation."""
    signer = Signer.parse(Settings.load({}, folder).signing_key)
    return issue(replace(FACTS, answer_by=date(2024, 12, 27)), replace(ISSUER, signer=signer))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["receipt", *arguments])


def kept(data: bytes, name: str = "receipt.json") -> str:
    Path(name).write_bytes(data)
    return name


def as_json(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_receipt_of_this_installation_is_genuine(own: Receipt) -> None:
    result = run("verify", kept(own.file()))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Genuine: signed with the key {own.key_id}.\n")
    for told in (FACTS.reference, FACTS.full_name, "instagram ana.s", "2024-12-27", "Nothing was"):
        assert told in result.stdout


def test_a_pdf_is_checked_by_the_file_inside_and_says_so(own: Receipt) -> None:
    result = run("verify", kept(page(own), "receipt.pdf"))
    assert result.exit_code == 0
    assert "inside the PDF" in result.stdout
    assert "inside the PDF" not in run("verify", kept(own.file())).stdout


def test_a_receipt_signed_with_a_former_key_stays_genuine(
    own: Receipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = kept(own.file())
    (before,) = as_json(run("key"))["keys"]
    new = base64.b64encode(b"n" * 32).decode()
    monkeypatch.setenv("SIGNING_KEY", new)
    assert run("verify", receipt).exit_code == 1
    monkeypatch.setenv("FORMER_SIGNING_KEYS", f"{before['id']}:{before['public']}")
    result = run("verify", receipt)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Genuine: signed with the key {own.key_id}.\n")
    # Both are published, and what is signed now is checked with the present one.
    assert as_json(run("key"))["keys"] == [Signer.parse(new).public.as_dict(), before]
    assert run("verify", kept(issue(FACTS, ISSUER).file(), "another.json")).exit_code == 1


@pytest.mark.parametrize(
    "given", ["{secret}", "{id}:{secret}", "{public}", "k1:{public}", "{id}:AAAA", "{id}", ":"]
)
def test_what_is_no_former_key_is_refused_and_never_shown(
    own: Receipt, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """A secret key has the length of a public one, and would be published."""
    secret = base64.b64encode(b"s" * 32).decode()
    (key,) = as_json(run("key"))["keys"]
    monkeypatch.setenv("FORMER_SIGNING_KEYS", given.format(secret=secret, **key))
    result = run("verify", kept(own.file()))
    assert result.exit_code == 2
    assert "FORMER_SIGNING_KEYS" in result.stderr
    assert secret not in result.stderr


def test_a_receipt_can_be_checked_against_a_published_key() -> None:
    receipt = kept(issue(FACTS, ISSUER).file())
    keys = kept(json.dumps(published([KEY])).encode(), "keys.json")
    for given in (keys, KEY.as_dict()["public"]):
        assert run("verify", receipt, "--key", given).exit_code == 0
    # Nothing is made or read that a check does not need.
    assert {path.name for path in Path().iterdir()} == {"receipt.json", "keys.json"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello", "unreadable"),
        (issue(FACTS, ISSUER).file().replace(b"Ana", b"Anna"), "changed"),
        (issue(FACTS, replace(ISSUER, signer=Signer(bytes(32)))).file(), "unknown_key"),
        (page(issue(FACTS, ISSUER)).replace(b'"Ana', b'"Eve'), "changed"),
    ],
    ids=["no receipt", "changed", "another key", "changed in a PDF"],
)
def test_what_is_not_genuine_ends_with_1_and_one_sentence(data: bytes, code: str) -> None:
    arguments = ("verify", kept(data), "--key", KEY.as_dict()["public"])
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(".\n")
    assert "\n" not in result.stderr.strip()
    told = as_json(run(*arguments, "--json"))
    assert told == {"genuine": False, "problem": code, "message": result.stderr.strip()}


def test_json_has_the_receipt_that_was_checked(own: Receipt) -> None:
    result = run("verify", "--json", kept(own.file()))
    assert result.exit_code == 0
    assert as_json(result) == {"genuine": True, "key": own.key_id, "receipt": own.content}


@pytest.mark.parametrize(
    "arguments",
    [(), ("verify",), ("verify", "absent.json"), ("verify", "."),
     ("verify", "receipt.json", "--key", "no key"), ("verify", "receipt.json", "--what")],
)
def test_what_cannot_be_checked_ends_with_2(arguments: tuple[str, ...]) -> None:
    kept(issue(FACTS, ISSUER).file())
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("key", ["short", ""])
def test_an_installation_without_a_usable_key_cannot_check(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg2://db/bot")
    for name in ("SECRET_KEY", "DATA_KEYS"):
        monkeypatch.setenv(name, "x" * 40)
    monkeypatch.setenv("SIGNING_KEY", key)
    result = run("verify", kept(issue(FACTS, ISSUER).file()))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "SIGNING_KEY" in result.stderr


def test_the_key_is_printed_as_it_is_published(own: Receipt) -> None:
    result = run("key")
    assert result.exit_code == 0
    (key,) = as_json(result)["keys"]
    assert (key["id"], key["algorithm"]) == (own.key_id, "Ed25519")
    keys = kept(result.stdout.encode(), "keys.json")
    assert run("verify", kept(own.file()), "--key", keys).exit_code == 0
