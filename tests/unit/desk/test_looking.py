"""The list, one case and the counts, as operators see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.desk.common import plain
from bot.objections import model
from bot.objections.crypto import Keys
from bot.objections.db import Database
from tests.unit.desk.conftest import KEYS, answer, run, sentence
from tests.unit.objections.examples import ANA_ON_FACEBOOK

File = Callable[..., str]
ESCAPE = "\x1b[31m\x9b2J\u202e\u2028"

pytestmark = pytest.mark.usefixtures("at_the_desk")


def reseal(database: Database, reference: str, text: str) -> None:
    """Let this be the reason on record, as an earlier version or another program left it."""
    objection, contact = model.objection, model.contact
    with database.session() as session:
        row = session.execute(
            model.objection.select().where(objection.c.reference == reference)
        ).one()
        person = session.execute(contact.select().where(contact.c.id == row.contact_id)).one()
        sealer = KEYS.subject(person.wrapped_key, person.id)
        sealed = sealer.seal(text, table="objection", row_id=row.id, column="reason")
        session.execute(update(objection).where(objection.c.id == row.id).values(reason=sealed))


# --- list


def test_the_list_shows_what_is_open_and_nothing_personal(file: File) -> None:
    later = file(linked_accounts=(ANA_ON_FACEBOOK,))
    overdue = file(40, country=None)
    done = file(50)
    assert run("take", later).exit_code == run("take", done).exit_code == 0
    assert run("uphold", done).exit_code == 0
    result = run("list")
    assert result.exit_code == 0
    header, *rows = result.stdout.splitlines()
    assert header.split() == [
        "number", "status", "due", "days", "acc.", "from", "verified", "taken", "by",
    ]
    assert [row.split() for row in rows] == [
        [overdue, "received", "2024-11-18", "-7", "1", "no"],
        [later, "in_review", "2024-12-26", "31", "2", "PT", "no", "ana"],
    ]
    for personal in ("Ana", "ana.s", "example.org", "children"):
        assert personal not in result.stdout


def test_the_list_as_json_has_the_place_where_the_next_page_begins(file: File) -> None:
    numbers = [file(days) for days in (40, 25, 0)]
    first = answer(run("list", "--json", "--limit", "2"))
    assert set(first) == {"cases", "next"}
    assert first["cases"][0] == {
        "reference": numbers[0],
        "case_status": "received",
        "due_on": "2024-11-18",
        "accounts": 1,
        "country": "PT",
        "verified": False,
        "taken_by": None,
        "urgency": "overdue",
    }
    assert [case["urgency"] for case in first["cases"]] == ["overdue", "soon"]
    second = answer(run("list", "--json", "--limit", "2", "--after", first["next"]))
    assert [case["reference"] for case in second["cases"]] == numbers[2:]
    assert second["next"] is None
    shown = run("list", "--limit", "2").stdout
    assert f"There are more: add --after {first['next']}" in shown
    end = run("list", "--after", f"2030-01-01:{numbers[0]}")
    assert end.stdout == "There are no more.\n"


def test_the_list_takes_filters(file: File) -> None:
    overdue, spanish, new = file(40), file(30, country="ES"), file(0)
    run("take", new)
    run("take", overdue, "--as", "ben")
    run("not-matched", overdue, "--as", "ben")

    def found(*options: str) -> list[str]:
        cases: list[dict[str, Any]] = answer(run("list", "--json", *options))["cases"]
        return [str(case["reference"]) for case in cases]

    assert found() == [spanish, new]
    assert found("--status", "all") == [overdue, spanish, new]
    assert found("--status", "not_matched", "--status", "in_review") == [overdue, new]
    assert found("--overdue") == []
    assert found("--due-before", "2024-12-26") == [spanish]
    assert found("--country", "Spain") == found("--country", "es") == [spanish]
    assert found("--taken-by", "ana") == [new]
    assert found("--verified") == []
    assert found("--unverified") == [spanish, new]
    assert run("list", "--overdue").stdout == "There is no such case.\n"


@pytest.mark.parametrize(
    ("options", "start"),
    [
        (["--status", "lost"], "--status must be one of"),
        (["--overdue", "--status", "upheld"], "--overdue is about open cases"),
        (["--due-before", "soon"], "--due-before must be a day"),
        (["--country", "Atlantis"], "--country must be"),
        (["--taken-by", "Ana Silva"], "--taken-by must be"),
        (["--after", "here"], "--after must be"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(options: list[str], start: str) -> None:
    assert sentence(run("list", *options), 2).startswith(start)


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_page_has_an_end(limit: str) -> None:
    assert run("list", "--limit", limit).exit_code == 2


def test_the_list_and_the_counts_need_no_keys(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    file()
    for name in ("DATA_KEYS", "SECRET_KEY", "SIGNING_KEY"):
        monkeypatch.delenv(name)
    assert run("list").exit_code == 0
    assert run("stats").exit_code == 0
    assert sentence(run("show", "OBJ-1"), 2).startswith("SECRET_KEY is missing.")


# --- show


def test_a_case_is_shown_with_everything_about_it(file: File) -> None:
    reference = file(linked_accounts=(ANA_ON_FACEBOOK,))
    stranger = file(email="eve@example.org")
    run("take", reference)
    run("refuse", reference, "--ground", "legal_claims", "--text", "For a claim in court.")
    shown = run("show", reference.lower()).stdout
    for told in (
        reference, "in_review", "2024-12-26", "Ana Silva", "ana@example.org  (not confirmed)",
        "My children are in my photos.", "ana.silva", "same Accounts Center", "hold",
        "Refusal proposed by ana", "legal_claims", "For a claim in court.", stranger,
        "after this one", "objection_filed", "operator:ana", "refusal_proposed", "waiting",
    ):
        assert told in shown, told


def test_a_case_as_json_has_fixed_keys(file: File) -> None:
    reference = file(reason=None, country=None)
    run("extend", reference, "--months", "1", "--reason", "Many came at once.")
    case = answer(run("show", reference, "--json"))
    assert set(case) == {
        "reference", "case_status", "received_at", "due_on", "closed_at", "withdrawn_at",
        "verified_at", "taken_by", "channel", "language", "country", "notice_version", "erased",
        "full_name", "email", "reason", "accounts", "unreadable", "decisions", "mails", "related",
        "history",
    }
    assert (case["reason"], case["country"], case["unreadable"]) == (None, None, [])
    assert case["received_at"] == "2024-11-25T09:30:00+00:00"
    (decided,) = case["decisions"]
    assert (decided["due_before"], decided["due_after"]) == ("2024-12-25", "2025-01-27")
    assert decided["text"] == "Many came at once."
    assert set(decided) == {
        "id", "kind", "ground", "text", "due_before", "due_after", "decided_by", "decided_at",
        "confirmed_by", "confirmed_at", "waits",
    }
    assert [set(mail) for mail in case["mails"]] == [
        {"kind", "state", "at", "attempts", "problem"}
    ] * 2
    assert set(case["history"][0]) == {"number", "at", "actor", "action", "payload"}


def test_no_case_and_no_number_are_an_answer_of_no(file: File) -> None:
    unknown = "OBJ-0000-0000-0000-0001-1"
    assert "No objection has this number." in sentence(run("show", unknown), 1)
    assert answer(run("show", unknown, "--json"), 1)["error"] == "reference_unknown"
    assert answer(run("show", "OBJ-1", "--json"), 1) == {
        "error": "reference_incomplete",
        "message": "A number starts with OBJ and has 17 more letters and digits.",
    }


def test_what_people_wrote_never_reaches_the_terminal_as_a_command(
    file: File, database: Database
) -> None:
    reference = file()
    reseal(database, reference, f"Stop{ESCAPE}\nagain [bold]now[/bold]\r")
    shown = run("show", reference).stdout
    assert "Stop\\x1b[31m\\x9b2J\\u202e\\u2028" in shown
    assert "again [bold]now[/bold]\\r" in shown
    as_json = run("show", reference, "--json")
    for output in (shown, as_json.stdout):
        assert not set(output) & set("\x1b\x9b\u202e\u2028\r")
    assert answer(as_json)["reason"] == f"Stop{ESCAPE}\nagain [bold]now[/bold]\r"


def test_plain_letters_stay_as_they_are() -> None:
    for text in ("Ana", "Ñandú", "علی‌رضا", "👩‍👧", "[red]"):
        assert plain(text) == text
    assert plain("a\tb\x00\x7f\u2066\ud800") == "a\\tb\\x00\\x7f\\u2066\\ud800"


def test_what_does_not_open_is_said_and_ends_with_1(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = file()
    monkeypatch.setenv("DATA_KEYS", "k2:" + "A" * 43 + "=")
    result = run("show", reference)
    assert result.exit_code == 1
    assert "cannot be opened" in result.stdout
    assert "its key is not among DATA_KEYS" in result.stderr
    assert "full_name" in answer(run("show", reference, "--json"), 1)["unreadable"]


# --- stats


def test_the_counts_are_shown_and_drawn(file: File, tmp_path: Path) -> None:
    file(40)
    file(0)
    picture = tmp_path / "ages.png"
    result = run("stats", "--plot", str(picture))
    assert result.exit_code == 0
    assert ["overdue", "1"] in [line.split() for line in result.stdout.splitlines()]
    assert picture.read_bytes().startswith(b"\x89PNG")
    told = answer(run("stats", "--json"))
    assert set(told) == {
        "at", "by_status", "open", "overdue", "soon", "later", "not_taken", "unverified",
        "proposals", "ages",
    }
    assert (told["open"], told["overdue"], told["by_status"]["received"]) == (2, 1, 2)
    assert told["ages"][5] == {"weeks": 5, "overdue": 1, "soon": 0, "later": 0}


def test_a_picture_that_cannot_be_written_is_told(file: File, tmp_path: Path) -> None:
    told = sentence(run("stats", "--plot", str(tmp_path / "nowhere" / "a.png")), 2)
    assert told.endswith("cannot be written: No such file or directory.")


def test_counts_of_an_empty_record_are_zeros(tmp_path: Path) -> None:
    picture = tmp_path / "ages.png"
    assert answer(run("stats", "--json", "--plot", str(picture)))["open"] == 0
    assert picture.exists()


# --- the database


@pytest.mark.parametrize("command", [["list"], ["stats"], ["show", "OBJ-1"], ["take", "OBJ-1"]])
def test_without_a_database_nothing_is_made(
    command: list[str], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    assert "The database cannot be read" in sentence(run(*command), 2)
    assert list(elsewhere.iterdir()) == []


def test_other_keys_are_not_what_is_missing_when_they_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATA_KEYS", "k1:short")
    assert sentence(run("show", "OBJ-1"), 2).startswith("DATA_KEYS must look like")
    assert Keys.parse("k1:" + "A" * 43 + "=").current_id == "k1"
