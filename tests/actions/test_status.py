"""Asking for the state of an objection by its number."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from actions.status import LeaveStatus, StatusWhileFiling, TellStatus, ValidateStatusForm
from bot.objections.errors import StorageError, UnknownReference
from bot.objections.model import CASE_STATUSES
from bot.objections.references import new_reference
from tests.actions.conftest import REFERENCES, FakeService, done, tracker

SOUND = new_reference(lambda count: bytes(range(count)))
MISTYPED = SOUND[:-1] + ("0" if SOUND[-1] != "0" else "1")


@pytest.mark.parametrize("text", [SOUND, f"what about {SOUND.lower()}?", SOUND.replace("-", " ")])
async def test_a_number_in_any_spelling_is_taken(text: str) -> None:
    after = await done(ValidateStatusForm(), tracker(text, "check_status"))
    assert after.slots == {"reference": [SOUND]}


async def test_whoever_has_just_filed_need_not_name_the_number() -> None:
    asked = tracker("what is the state of it?", "check_status", references=list(REFERENCES))
    after = await done(ValidateStatusForm(), asked)
    assert after.slots == {"reference": list(REFERENCES)}


async def test_who_has_filed_nothing_here_is_asked_for_the_number() -> None:
    after = await done(ValidateStatusForm(), tracker("my objection?", "check_status"))
    assert (after.slots, after.said) == ({}, [])


@pytest.mark.parametrize("text", [MISTYPED, "status of OBJ-1234"])
async def test_a_wrong_number_is_not_mistaken_for_the_question_about_the_own_objection(
    text: str,
) -> None:
    asked = tracker(text, "check_status", references=list(REFERENCES))
    after = await done(ValidateStatusForm(), asked)
    assert after.said == ["say_status_problem"]
    assert after.slots == {"reference": None}


async def test_a_mistyped_number_is_explained() -> None:
    answer = tracker(MISTYPED, "check_status", requested_slot="reference")
    after = await done(ValidateStatusForm(), answer)
    assert "not right" in after.messages[0]["problem"]


async def test_a_question_in_between_is_left_to_the_rules() -> None:
    answer = tracker("when does it start?", "faq/effective_date", requested_slot="reference")
    after = await done(ValidateStatusForm(), answer)
    assert (after.slots, after.said) == ({}, [])


async def test_the_state_is_told_with_what_is_on_record(service: FakeService) -> None:
    asked = tracker(reference=list(REFERENCES), references=list(REFERENCES))
    after = await done(TellStatus(), asked)
    assert service.asked == list(REFERENCES)
    assert after.said == ["say_status", "say_status"]
    first = after.messages[0]
    assert (first["reference"], first["received"], first["accounts"]) == (
        REFERENCES[0],
        "25 November 2024",
        "2 accounts",
    )
    assert after.slots == {"reference": None}


@pytest.mark.parametrize("state", ["received", "in_review"])
async def test_whoever_filed_here_is_told_when_the_answer_is_due(
    service: FakeService, state: str
) -> None:
    service.state = state
    asked = tracker(reference=list(REFERENCES), references=list(REFERENCES))
    after = await done(TellStatus(), asked)
    due = "An answer is due by 27 December 2024."
    assert [message["promise"] for message in after.messages] == [due, due]


@pytest.mark.parametrize("references", [None, [], [REFERENCES[1]]])
async def test_whoever_only_has_the_number_is_sent_a_code_and_told_nothing(
    service: FakeService, references: list[str] | None
) -> None:
    asked = tracker(reference=[REFERENCES[0]], references=references)
    after = await done(TellStatus(), asked)
    assert after.said == ["say_ask_verification_code_elsewhere"]
    assert service.asked == [] and service.requests == [("request", REFERENCES[0])]
    assert after.slots["awaited"] == {
        "id": "requested", "for": "status", "reference": REFERENCES[0],
    }
    assert REFERENCES[0] not in str(after.messages)


@pytest.mark.parametrize("state", sorted({*CASE_STATUSES} - {"received", "in_review"}))
async def test_once_there_is_an_answer_none_is_due(service: FakeService, state: str) -> None:
    service.state = state
    own = [REFERENCES[0]]
    after = await done(TellStatus(), tracker(reference=own, references=own))
    assert after.messages[0]["promise"] == ""


async def test_an_unknown_number_is_told_to_be_unknown(service: FakeService) -> None:
    def fail() -> None:
        raise UnknownReference

    service.before = fail
    after = await done(TellStatus(), tracker(reference=[SOUND], references=[SOUND]))
    assert after.said == ["say_status_unknown"]
    assert "cannot find" in after.messages[0]["problem"]


@pytest.mark.parametrize("error", [StorageError(), RuntimeError(SOUND)])
async def test_when_the_record_cannot_be_read_it_is_said_and_only_a_code_is_logged(
    service: FakeService, error: Exception
) -> None:
    def fail() -> None:
        raise error

    service.before = fail
    with capture_logs() as logs:
        after = await done(TellStatus(), tracker(reference=[SOUND], references=[SOUND]))
    assert after.said == ["say_status_failed"]
    assert SOUND not in str(logs)


async def test_in_the_middle_of_a_filing_what_was_filed_here_is_looked_up_and_nothing_else(
    service: FakeService,
) -> None:
    asks = tracker(f"status of {SOUND}", "check_status", references=[SOUND])
    after = await done(StatusWhileFiling(), asks)
    assert service.asked == [SOUND]
    assert (after.said, after.slots) == (["say_status"], {})
    after = await done(StatusWhileFiling(), tracker(f"status of {SOUND}", "check_status"))
    assert (after.said, service.asked, service.requests) == (
        ["say_status_while_filing"], [SOUND], []
    )


async def test_a_mistyped_number_in_the_middle_of_a_filing_is_explained() -> None:
    after = await done(StatusWhileFiling(), tracker(MISTYPED, "check_status"))
    assert after.said == ["say_status_unknown"]
    assert "not right" in after.messages[0]["problem"]


async def test_without_a_number_the_filing_goes_first() -> None:
    after = await done(StatusWhileFiling(), tracker("and my other one?", "check_status"))
    assert after.said == ["say_status_while_filing"]


@pytest.mark.parametrize(("topic", "said"), [("cancel", ["say_status_left"]), ("faq/ads", [])])
async def test_leaving_the_question_for_the_number_ends_it(topic: str, said: list[str]) -> None:
    after = await done(LeaveStatus(), tracker("x", topic, requested_slot="reference"))
    assert after.said == said
    assert after.loops == [None]
    assert after.slots == {"reference": None, "requested_slot": None}
