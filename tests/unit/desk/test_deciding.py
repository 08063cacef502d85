"""Deciding from the command line: who does it, what is said, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from bot.desk import deciding
from bot.objections import model
from bot.objections.db import Database
from tests.unit.desk.conftest import answer, run, sentence

File = Callable[..., str]
WORDS = "We need these posts to defend a claim in court."

pytestmark = pytest.mark.usefixtures("at_the_desk")


def status(reference: str) -> str:
    return str(answer(run("show", reference, "--json"))["case_status"])


def test_a_case_goes_from_receipt_to_an_answer(file: File) -> None:
    reference = file()
    taken = run("take", reference.lower())
    assert taken.exit_code == 0
    assert taken.stdout == f"{reference} is yours now, and in review. Due on 2024-12-26.\n"
    assert "You had taken" in run("take", reference).stdout
    upheld = run("uphold", reference)
    assert upheld.stdout == (
        f"{reference} is upheld. Its accounts are on record as to be excluded. No list of them is "
        "published yet, so the record by itself leaves them out nowhere. A mail to the person "
        "waits.\n"
    )
    assert status(reference) == "upheld"


def test_every_command_answers_with_one_object(file: File) -> None:
    first, second, third = file(), file(), file()
    expected = {
        "reference": first, "case_status": "in_review", "taken_by": "ana",
        "due_on": "2024-12-26", "told": False, "again": False,
    }
    assert answer(run("take", first, "--json")) == expected
    assert answer(run("take", first, "--json")) == {**expected, "again": True}
    assert answer(run("uphold", first, "--json")) == {
        **expected, "case_status": "upheld", "told": True,
    }
    run("take", second)
    proposed = run("refuse", second, "--ground", "legal_claims", "--text", WORDS, "--json")
    assert answer(proposed) == {**expected, "reference": second}
    refused = run("refuse", second, "--confirm", "--as", "ben", "--json")
    assert answer(refused) == {
        **expected, "reference": second, "case_status": "refused", "told": True,
    }
    assert answer(run("reopen", second, "--json"))["case_status"] == "in_review"
    assert answer(run("not-matched", second, "--json"))["case_status"] == "not_matched"
    extended = run("extend", third, "--months", "2", "--reason", "Many came.", "--json")
    assert answer(extended)["due_on"] == "2025-02-25"


def test_a_refusal_needs_a_second_operator_who_sees_the_words(file: File) -> None:
    reference = file()
    run("take", reference)
    proposed = run("refuse", reference, "--ground", "compelling_grounds", "--text", WORDS)
    assert "is proposed. The person is not told yet" in proposed.stdout
    assert f"objection-bot desk refuse {reference} --confirm" in proposed.stdout
    own = run("refuse", reference, "--confirm")
    assert "another operator has to confirm it" in sentence(own, 1)
    assert status(reference) == "in_review"
    confirmed = run("refuse", reference, "--confirm", "--as", "ben")
    assert confirmed.exit_code == 0
    assert WORDS in confirmed.stdout
    assert "is refused." in confirmed.stdout
    assert status(reference) == "refused"
    again = run("refuse", reference, "--confirm", "--as", "ben")
    assert sentence(again, 1) == "This objection is refused, so it cannot be refused."


@pytest.mark.parametrize(("typed", "after"), [("n\n", "in_review"), ("y\n", "refused")])
def test_at_a_terminal_the_second_operator_is_asked(
    file: File, monkeypatch: pytest.MonkeyPatch, typed: str, after: str
) -> None:
    reference = file()
    run("take", reference)
    run("refuse", reference, "--ground", "legal_claims", "--text", WORDS)
    monkeypatch.setattr(deciding, "_at_a_terminal", lambda: True)
    result = run("refuse", reference, "--confirm", "--as", "ben", typed=typed)
    assert "Refuse with these words?" in result.stdout
    assert result.exit_code == (1 if after == "in_review" else 0)
    assert status(reference) == after


def test_words_come_from_a_file_from_standard_input_or_from_the_line(
    file: File, tmp_path: Path
) -> None:
    paper = tmp_path / "refusal.txt"
    paper.write_text("From a\nfile.\n", encoding="utf-8")
    for given, typed, words in (
        (str(paper), None, "From a\nfile."),
        ("-", "From a pipe.\n", "From a pipe."),
        ("From the line.", None, "From the line."),
    ):
        reference = file()
        run("take", reference)
        options = ["--ground", "legal_claims", "--text", given]
        assert run("refuse", reference, *options, typed=typed).exit_code == 0
        (decided,) = answer(run("show", reference, "--json"))["decisions"]
        assert decided["text"] == words


def test_a_slip_in_the_name_of_a_file_is_not_what_a_person_is_told(
    file: File, tmp_path: Path
) -> None:
    reference = file()
    run("take", reference)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    for name in ("refusel.txt", str(tmp_path / "picture.png"), str(tmp_path)):
        result = run("refuse", reference, "--ground", "legal_claims", "--text", name)
        assert "there is no text file of this name" in sentence(result, 2)
    none = run("refuse", reference, "--ground", "legal_claims", "--text", "  ")
    assert sentence(none, 1) == "A refusal needs words that tell the person why."
    too_long = run("extend", reference, "--months", "1", "--reason", "-", typed="many " * 9999)
    assert "too long" in sentence(too_long, 2)
    assert answer(run("show", reference, "--json"))["decisions"] == []


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ([], "A refusal needs --ground and --text"),
        (["--ground", "legal_claims"], "A refusal needs --ground and --text"),
        (["--text", WORDS], "A refusal needs --ground and --text"),
        (["--confirm", "--ground", "legal_claims"], "--confirm takes the ground and words"),
    ],
)
def test_a_refusal_is_proposed_or_confirmed(file: File, options: list[str], start: str) -> None:
    assert sentence(run("refuse", file(), *options), 2).startswith(start)


def test_what_cannot_be_done_is_told_with_1(file: File) -> None:
    reference = file()
    for command in (["uphold"], ["not-matched"], ["refuse", "--confirm"]):
        told = sentence(run(command[0], reference, *command[1:]), 1)
        assert "nobody has taken it yet" in told
    assert "Only what was refused" in sentence(run("reopen", reference), 1)
    run("take", reference, "--as", "ben")
    assert "ben has taken this objection" in sentence(run("take", reference), 1)
    assert answer(run("uphold", reference, "--json"), 1)["error"] == "case_taken"
    assert run("take", reference, "--force").exit_code == 0
    assert "Nobody has proposed" in sentence(run("refuse", reference, "--confirm"), 1)
    bad = run("refuse", reference, "--ground", "none", "--text", WORDS)
    assert "must be 'compelling_grounds' or 'legal_claims'" in sentence(bad, 1)
    late = file(40)
    told = sentence(run("extend", late, "--months", "1", "--reason", "Many came."), 1)
    assert told == "The first month is over. An answer can only be put off before it ends."
    again = [run("extend", reference, "--months", "1", "--reason", "Many came.") for _ in "12"]
    assert "The answer to" in again[0].stdout and "2025-01-27" in again[0].stdout
    assert "can be done once" in sentence(again[1], 1)


def test_nobody_is_told_when_there_is_nobody_any_more(file: File, database: Database) -> None:
    reference = file()
    run("take", reference)
    with database.session() as session:
        session.execute(delete(model.contact))
    assert "was erased" in sentence(run("not-matched", reference), 1)
    assert "There is nobody left to tell." in run("uphold", reference).stdout


def test_a_helper_site_decides_nothing(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = file()
    monkeypatch.setenv("OPERATOR_ROLE", "helper")
    monkeypatch.setenv("CONTROLLER_CONTACT", "objections@example.org")
    assert run("take", reference).exit_code == 0
    for command in (
        ["uphold", reference],
        ["refuse", reference, "--ground", "legal_claims", "--text", WORDS],
        ["refuse", reference, "--confirm", "--as", "ben"],
        ["extend", reference, "--months", "1", "--reason", "Many came."],
        ["not-matched", reference],
        ["reopen", reference],
    ):
        assert sentence(run(*command), 1).startswith("The platform decides")


# --- who


def test_who_asks_is_in_the_audit_log(file: File, database: Database) -> None:
    reference = file()
    run("take", reference, "--as", "ben.k_2-x")
    with database.session(read_only=True) as session:
        actors = session.execute(select(model.audit_event.c.actor)).scalars().all()
    assert sorted(actors) == ["operator:ben.k_2-x", "person"]


@pytest.mark.parametrize("name", ["Ana", "ana silva", "a" * 33, "ana\n", "ana\x1b[31m", "é"])
def test_a_name_of_another_form_is_refused(file: File, name: str) -> None:
    told = sentence(run("take", file(), "--as", name), 2)
    assert told.startswith("--as: a name has 1 to 32 characters")


def test_without_a_name_nothing_is_done(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = file()
    monkeypatch.delenv("DESK_OPERATOR")
    assert sentence(run("take", reference), 2).startswith("Who is asking?")
    assert sentence(run("take", reference, "--as", ""), 2).startswith("Who is asking?")
    assert status(reference) == "received"
    monkeypatch.setenv("DESK_OPERATOR", "Ana Silva")
    assert sentence(run("take", reference), 2).startswith("DESK_OPERATOR must have")


def test_a_database_that_cannot_be_written_is_told(
    file: File, database: Database
) -> None:
    reference = file()
    with database.session() as session:
        session.exec_driver_sql("DROP TABLE relation")
        session.exec_driver_sql("DROP TABLE outbox")
    run("take", reference)
    told = sentence(run("uphold", reference), 2)
    assert told.startswith("This could not be written")
