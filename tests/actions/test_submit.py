"""What is said when an objection is handed to the record, and what is kept when that fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from structlog.testing import capture_logs

from actions.base import BotAction
from actions.filing import draft
from actions.filing.submit import CancelObjection, FileObjection
from bot.objections.errors import FieldError, StorageError
from tests.actions.conftest import ANA, REFERENCES, Done, FakeService, account, done, tracker

SEVERAL = [
    "say_file_done_several",
    "say_file_receipt",
    "say_file_receipt",
    "say_file_limits",
    "say_ask_verification_code",
]


def raises(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def keeps_the_draft(after: Done) -> bool:
    """Whether the only slots that were touched are those that ask for the confirmation again."""
    untouched = {name: value for name, value in after.slots.items() if name != "attempted"}
    return untouched == {"objection_confirmed": None, "requested_slot": None}


async def test_recorded_is_said_with_the_numbers_that_the_record_gave(service: FakeService) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm"))
    assert after.said == SEVERAL
    first = after.messages[0]
    assert first["count"] == "2"
    assert first["objections"].splitlines() == [
        f"- {REFERENCES[0]}: your Instagram account and one more in the same Accounts Center",
        f"- {REFERENCES[1]}: your Instagram account",
    ]


async def test_one_objection_is_not_called_several(service: FakeService) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm", unlinked_accounts=[]))
    assert after.said == ["say_file_done", "say_file_limits", "say_ask_verification_code"]
    assert after.messages[0]["reference"] == REFERENCES[0]


async def test_each_of_several_objections_comes_with_its_receipt(service: FakeService) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm"))
    assert [message["reference"] for message in after.messages[1:3]] == list(REFERENCES)


@pytest.mark.parametrize("unlinked", [[], ANA["unlinked_accounts"]], ids=["one", "several"])
async def test_when_an_answer_is_due_is_told_with_the_numbers(
    service: FakeService, unlinked: list[Any]
) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm", unlinked_accounts=unlinked))
    assert after.messages[0]["promise"] == "You will get an answer by 27 December 2024."


async def test_the_record_gets_what_the_person_confirmed(service: FakeService) -> None:
    await done(FileObjection(), tracker("yes", "affirm"))
    (filing,) = service.filed
    assert (filing.full_name, filing.email, filing.country) == (
        "Ana Silva",
        "ana@example.org",
        "IE",
    )
    assert filing.account == account("instagram/ana.s")
    assert filing.linked_accounts == (account("facebook/ana.silva"),)
    assert filing.unlinked_accounts == (account("instagram/ana_art"),)
    assert filing.reason == "My pictures are my living."
    assert filing.idempotency_key == ANA["draft_id"]


async def test_what_was_skipped_is_recorded_as_not_given(service: FakeService) -> None:
    await done(FileObjection(), tracker("yes", "affirm", country="", reason=""))
    assert (service.filed[0].country, service.filed[0].reason) == (None, None)


async def test_after_filing_nothing_of_the_draft_is_left_but_the_numbers(
    service: FakeService,
) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm"))
    assert {name for name, value in after.slots.items() if value is None} == set(draft.emptied())
    assert after.slots["references"] == list(REFERENCES)


async def test_nothing_personal_is_in_what_is_said_after_filing(service: FakeService) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm"))
    said = str(after.messages)
    for personal in ("Ana", "Silva", "example.org", "ana.s", "ana_art", "pictures"):
        assert personal not in said


async def test_recorded_is_said_only_after_the_record_has_answered(service: FakeService) -> None:
    dispatcher = CollectingDispatcher()
    said_before: list[Any] = []
    service.before = lambda: service.filed or said_before.extend(dispatcher.messages)
    await FileObjection().run(dispatcher, tracker("yes", "affirm"), {})
    assert said_before == []
    assert len(service.filed) == 1
    assert dispatcher.messages[0]["response"] == "say_file_done_several"


async def test_when_the_record_cannot_be_written_nothing_is_said_to_be_filed(
    service: FakeService,
) -> None:
    service.before = raises(StorageError())
    with capture_logs() as logs:
        after = await done(FileObjection(), tracker("yes", "affirm"))
    assert after.said == ["say_file_failed"]
    assert keeps_the_draft(after)
    assert after.loops == ["objection_form"]
    assert logs == [{"event": "filing_failed", "code": "storage_failed", "log_level": "error"}]


@pytest.mark.parametrize(
    "error",
    [RuntimeError("Ana Silva broke it"), KeyError("ana@example.org"), MemoryError("Ana Silva")],
)
async def test_when_something_unexpected_happens_the_person_is_asked_to_confirm_again(
    service: FakeService, error: Exception
) -> None:
    service.before = raises(error)
    with capture_logs() as logs:
        after = await done(FileObjection(), tracker("yes", "affirm"))
    assert after.said == ["say_file_unsure"]
    assert keeps_the_draft(after)
    assert after.loops == ["objection_form"]
    assert len(logs) == 1
    assert logs[0]["error"] == type(error).__name__
    assert set(logs[0]) == {"event", "action", "error", "where", "log_level"}
    assert "Ana" not in str(logs)
    assert "example.org" not in str(logs)


async def test_when_the_record_hangs_the_person_gets_an_answer(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def hang() -> None:
        goes_on.wait(30)

    service.before = hang
    monkeypatch.setattr("actions.base.LIMIT", 0.05)
    with capture_logs() as logs:
        after = await done(FileObjection(), tracker("yes", "affirm"))
    goes_on.set()
    assert after.said == ["say_file_unsure"]
    assert keeps_the_draft(after)
    assert [log["error"] for log in logs] == ["TimeoutError"]


@pytest.mark.parametrize("field", ["full_name", "email", "country", "unlinked_accounts"])
async def test_a_value_that_the_record_refuses_is_asked_for_again(
    service: FakeService, field: str
) -> None:
    service.before = raises(FieldError(field, "code", "Please write it again."))
    after = await done(FileObjection(), tracker("yes", "affirm"))
    assert after.said == ["say_file_problem"]
    assert after.messages[0]["problem"] == "Please write it again."
    assert after.slots == {"objection_confirmed": None, field: None, "requested_slot": None}
    assert after.loops == ["objection_form"]


async def test_a_refusal_that_no_answer_can_mend_is_a_failure(service: FakeService) -> None:
    service.before = raises(FieldError("idempotency_key", "idempotency_key_invalid", "Broken."))
    after = await done(FileObjection(), tracker("yes", "affirm"))
    assert after.said == ["say_file_unsure"]
    assert keeps_the_draft(after)


@pytest.mark.parametrize(
    "slots",
    [{"account": None}, {"account": {"platform": "myspace", "handle": "a"}}, {"account": {}}],
)
async def test_a_slot_that_holds_no_account_is_asked_for_again(
    service: FakeService, slots: dict[str, Any]
) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm", **slots))
    assert service.filed == []
    assert after.slots["account"] is None
    assert after.said == ["say_file_problem"]


async def test_what_an_action_had_begun_to_say_is_taken_back_when_it_fails(
    service: FakeService,
) -> None:
    class HalfDone(BotAction):
        def name(self) -> str:
            return "action_half_done"

        async def act(self, dispatcher: Any, tracker: Any) -> list[dict[str, Any]]:
            dispatcher.utter_message(response="say_file_done")
            raise RuntimeError

    after = await done(HalfDone(), tracker())
    assert after.said == ["say_failed"]
    assert (after.slots, after.loops) == ({}, [])


async def test_cancelling_after_a_lost_answer_tells_what_is_on_record(service: FakeService) -> None:
    await done(FileObjection(), tracker("yes", "affirm"))
    after = await done(CancelObjection(), tracker("cancel", "cancel", attempted=True))
    assert after.said == SEVERAL
    assert after.slots["draft_id"] is None
    assert after.loops == [None]


async def test_cancelling_after_an_attempt_that_left_nothing_cancels(service: FakeService) -> None:
    after = await done(CancelObjection(), tracker("cancel", "cancel", attempted=True))
    assert after.said == ["say_file_cancelled"]


async def test_nothing_is_thrown_away_while_nobody_knows(service: FakeService) -> None:
    service.before = raises(StorageError())
    after = await done(CancelObjection(), tracker("cancel", "cancel", attempted=True))
    assert after.said == ["say_file_unsure"]
    assert after.slots == {"requested_slot": None}
    assert after.loops == ["objection_form"]


async def test_an_end_that_nobody_knows_is_remembered(service: FakeService) -> None:
    service.before = raises(RuntimeError())
    after = await done(FileObjection(), tracker("yes", "affirm"))
    assert after.slots["attempted"] is True
