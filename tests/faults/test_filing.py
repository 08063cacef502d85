"""Something breaks in the middle: nothing is falsely confirmed, nothing is lost or filed twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from actions import records
from bot.app import Application
from bot.objections.errors import FieldError, StorageError
from bot.runtime.conversation import TurnFailed
from bot.runtime.store import ConversationStore, StoreError
from tests.conversations.breaking import breaking_when
from tests.conversations.conftest import Person
from tests.conversations.steps import PERSONAL, REFERENCE, STEPS, files, objects

pytestmark = pytest.mark.slow
Rows = Callable[[str], int]
Filed = Callable[[], int]


@pytest.fixture
def filed(rows: Rows) -> Filed:
    """How many objections were recorded since the test began."""
    before = rows("objection")
    return lambda: rows("objection") - before


def draft_is_kept(person: Person) -> bool:
    slots = person.slots()
    return (slots["full_name"], slots["email"], slots["reason"]) == (
        "Ana Silva",
        "ana@example.org",
        "My pictures are my living.",
    ) and person.asked == "objection_confirmed"


def breaking(application: Application, where: str) -> AbstractContextManager[None]:
    """Let the next transaction that writes an objection break once."""
    return breaking_when(application, where, "INSERT INTO objection ")


@pytest.mark.parametrize("where", ["writing", "committing"])
def test_when_the_database_breaks_nothing_is_filed_and_the_next_yes_files_once(
    person: Person, filed: Filed, where: str
) -> None:
    objects(person)
    with breaking(person.application, where):
        told = person.says("yes")
    assert "nothing has been filed" in told
    assert "recorded" not in told
    assert filed() == 0
    assert draft_is_kept(person)
    assert "2 objections are recorded" in person.says("yes")
    assert filed() == 2


def test_when_only_the_answer_to_the_commit_is_lost_it_is_filed_and_said_so(
    person: Person, filed: Filed
) -> None:
    objects(person)
    with breaking(person.application, "answering"):
        told = person.says("yes")
    assert "2 objections are recorded" in told
    assert filed() == 2


@pytest.mark.parametrize(
    ("error", "says"),
    [(StorageError(), "nothing has been filed"), (RuntimeError("Ana Silva"), "confirm once more")],
)
def test_when_the_service_fails_the_draft_is_kept(
    person: Person, filed: Filed, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    def fail(*_: Any) -> None:
        raise error

    objects(person)
    with monkeypatch.context() as broken:
        broken.setattr(records.services()[0], "file", fail)
        for _ in range(2):
            told = person.says("yes")
            assert says in told
            assert "Ana Silva" not in told.splitlines()[0]
            assert draft_is_kept(person)
    assert filed() == 0
    assert "recorded" in person.says("yes")
    assert filed() == 2


def test_when_the_action_breaks_after_the_commit_the_next_yes_tells_the_same_numbers(
    person: Person, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(filed: Any) -> str:
        raise RuntimeError

    objects(person)
    with monkeypatch.context() as broken:
        broken.setattr("actions.filing.submit._listed", fail)
        told = person.says("yes")
    # It is on record, but the action does not know: it says neither that it is nor that it is not.
    assert filed() == 2
    assert REFERENCE.findall(told) == []
    assert "cannot tell you" in told
    assert "nothing has been filed" not in told
    assert len(REFERENCE.findall(person.says("yes"))) == 2
    assert filed() == 2


def test_when_the_record_hangs_the_person_gets_an_answer_and_the_next_yes_files_once(
    person: Person, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = records.services()[0]
    file, goes_on, ended = service.file, threading.Event(), threading.Event()

    def hang(*filing: Any) -> Any:
        goes_on.wait(30)
        try:
            return file(*filing)
        finally:
            ended.set()

    objects(person)
    with monkeypatch.context() as broken:
        broken.setattr(service, "file", hang)
        broken.setattr("actions.base.LIMIT", 0.2)
        told = person.says("yes")
    assert "cannot tell you" in told
    assert draft_is_kept(person)
    # The abandoned attempt ends up on record all the same, and must not count twice.
    goes_on.set()
    assert ended.wait(30)
    assert filed() == 2
    assert "2 objections are recorded" in person.says("yes")
    assert filed() == 2


def test_a_value_that_the_record_refuses_is_asked_for_again(
    person: Person, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise FieldError("email", "email_invalid", "That address cannot be used.")

    objects(person)
    with monkeypatch.context() as broken:
        broken.setattr(records.services()[0], "file", refuse)
        assert "That address cannot be used." in person.says("yes")
    assert person.asked == "email"
    person.says("ana2@example.org")
    assert person.asked == "objection_confirmed"
    assert filed() == 0
    assert "recorded" in person.says("yes")
    assert filed() == 2


def test_a_repeated_confirmation_files_once(person: Person, filed: Filed) -> None:
    objects(person)
    first = person.says("yes", "the-same-id")
    assert person.says("yes", "the-same-id") == first
    assert filed() == 2


def test_a_confirmation_whose_turn_was_not_kept_can_be_sent_again(
    person: Person, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StoreError("OperationalError")

    objects(person)
    with monkeypatch.context() as broken:
        broken.setattr(ConversationStore, "_append", fail)
        with pytest.raises(TurnFailed):
            person.says("yes", "the-same-id")
    assert draft_is_kept(person)
    assert len(REFERENCE.findall(person.says("yes", "the-same-id"))) == 2
    assert filed() == 2


@pytest.mark.parametrize("step", STEPS[:-1])
def test_an_answer_whose_reading_breaks_is_asked_for_again(
    person: Person, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    objects(person, up_to=step)
    before = person.slots()
    with monkeypatch.context() as broken:
        broken.setattr("actions.filing.form.apply", fail)
        told = person.says("yes")
    assert "Nothing you told me is lost" in told
    assert person.asked == step
    assert person.slots() == before


def test_after_filing_the_conversation_holds_nothing_personal(
    person: Person, stored: Callable[[Person], str]
) -> None:
    objects(person)
    # The search below would find them if they stayed.
    assert all(words in stored(person) for words in PERSONAL)
    references = REFERENCE.findall(person.says("yes"))
    kept = stored(person)
    assert [words for words in PERSONAL if words in kept] == []
    assert all(reference in kept for reference in references)


def test_after_a_filing_that_failed_first_the_conversation_holds_nothing_personal(
    person: Person, stored: Callable[[Person], str]
) -> None:
    objects(person)
    with breaking(person.application, "committing"):
        person.says("yes")
    person.says("no, my e-mail is ana2@example.org")
    person.says("yes")
    kept = stored(person)
    assert [words for words in (*PERSONAL, "ana2@") if words in kept] == []


def test_a_second_objection_in_one_conversation_is_another_filing(
    person: Person, filed: Filed
) -> None:
    first = files(person)
    second = files(
        person, account="instagram lund.two", linked_accounts="no",
        unlinked_accounts="facebook lund.three",
    )
    assert set(first).isdisjoint(second)
    assert filed() == 4


def test_a_failed_look_up_says_so_and_the_next_one_works(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, _ = files(person)

    def fail(reference: str) -> None:
        raise StorageError

    with monkeypatch.context() as broken:
        broken.setattr(records.services()[0], "status", fail)
        assert "cannot look that up" in person.says(f"status of {reference}")
    assert "received" in person.says(f"status of {reference}")
