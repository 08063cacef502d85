"""Taking back what was filed here: asked once, done by the button, said after the commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk import Tracker
from structlog.testing import capture_logs

from actions.filing.form import ValidateObjectionForm
from actions.filing.submit import FileObjection
from actions.status import ValidateStatusForm
from actions.withdrawal import WithdrawObjection
from bot.objections.errors import StorageError, UnknownReference
from bot.objections.references import new_reference
from tests.actions.conftest import REFERENCES, FakeService, done, tracker

ONE, OTHER = (new_reference(lambda count, n=n: bytes([n] * count)) for n in (1, 2))
ELSEWHERE = new_reference(lambda count: b"\x07" * count)
BOTH = f"withdraw_objection/{ONE}+{OTHER}"


def asks(text: str = "I want to take my objection back", **changes: Any) -> Tracker:
    """Somebody who has filed both, and asks to take back."""
    values: dict[str, Any] = {"form": None, "references": [ONE, OTHER], **changes}
    return tracker(text, "withdraw_objection", **values)


def presses(topic: str = BOTH, **changes: Any) -> Tracker:
    values: dict[str, Any] = {"form": None, "references": [ONE, OTHER], **changes}
    return tracker("Yes, take it back", topic, **values)


def raises(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


# --- asking


async def test_what_was_filed_here_is_named_and_nothing_is_taken_back_yet(
    service: FakeService,
) -> None:
    after = await done(WithdrawObjection(), asks())
    assert after.said == ["say_withdraw_ask_several"]
    (said,) = after.messages
    assert (said["objections"], said["asked"]) == (f"- {ONE}\n- {OTHER}", f"{ONE}+{OTHER}")
    assert service.withdrawn == []


async def test_one_is_asked_about_as_one(service: FakeService) -> None:
    after = await done(WithdrawObjection(), asks(references=[ONE]))
    assert after.said == ["say_withdraw_ask"]
    assert after.messages[0]["asked"] == ONE


@pytest.mark.parametrize("text", [f"take back {OTHER}", f"undo {OTHER.lower().replace('-', ' ')}"])
async def test_whoever_names_one_number_is_asked_about_that_one(
    service: FakeService, text: str
) -> None:
    after = await done(WithdrawObjection(), asks(text))
    assert after.said == ["say_withdraw_ask"]
    assert after.messages[0]["asked"] == OTHER


async def test_what_was_taken_back_before_is_not_asked_about_again(service: FakeService) -> None:
    service.withdrawn = [ONE]
    after = await done(WithdrawObjection(), asks())
    assert (after.said, after.messages[0]["asked"]) == (["say_withdraw_ask"], OTHER)
    service.withdrawn = [ONE, OTHER]
    after = await done(WithdrawObjection(), asks())
    assert after.said == ["say_withdraw_already"]


@pytest.mark.parametrize("references", [None, []])
async def test_who_has_filed_nothing_here_is_told_where_it_is_possible(
    service: FakeService, references: list[str] | None
) -> None:
    after = await done(WithdrawObjection(), asks(references=references))
    assert after.said == ["say_withdraw_elsewhere"]
    assert service.asked == []


async def test_for_a_number_from_elsewhere_a_code_comes_first(service: FakeService) -> None:
    """Whoever only has a number learns nothing about it here."""
    after = await done(WithdrawObjection(), asks(f"take back {ELSEWHERE}"))
    assert after.said == ["say_ask_verification_code_elsewhere"]
    assert service.asked == [] and service.requests == [("request", ELSEWHERE)]
    assert after.slots["awaited"]["for"] == "withdraw"


@pytest.mark.parametrize("error", [StorageError(), UnknownReference(), RuntimeError(ONE)])
async def test_when_the_record_cannot_be_read_nothing_is_asked(
    service: FakeService, error: Exception
) -> None:
    service.before = raises(error)
    with capture_logs() as logs:
        after = await done(WithdrawObjection(), asks())
    assert after.said == ["say_withdraw_failed"]
    assert ONE not in str(logs)


async def test_in_the_middle_of_a_filing_the_filing_goes_first(service: FakeService) -> None:
    after = await done(WithdrawObjection(), asks(form="objection_form"))
    assert after.said == ["say_withdraw_while_filing"]
    assert after.slots == {}


# --- the button


async def test_the_button_takes_back_what_was_asked_about(service: FakeService) -> None:
    after = await done(WithdrawObjection(), presses())
    assert service.withdrawn == [ONE, OTHER]
    assert after.said == ["say_withdraw_done"]
    assert after.messages[0]["objections"] == f"- {ONE}\n- {OTHER}"


async def test_an_old_button_does_not_take_back_what_was_filed_since(service: FakeService) -> None:
    await done(WithdrawObjection(), presses(f"withdraw_objection/{ONE}"))
    assert service.withdrawn == [ONE]


async def test_what_was_not_filed_here_is_not_taken_back_whatever_the_button_says(
    service: FakeService,
) -> None:
    after = await done(WithdrawObjection(), presses(f"withdraw_objection/{ELSEWHERE}"))
    assert after.said == ["say_withdraw_elsewhere"]
    assert service.withdrawn == []


@pytest.mark.parametrize("topic", ["withdraw_objection", "withdraw_objection/", "affirm", None])
async def test_no_words_take_anything_back(service: FakeService, topic: str | None) -> None:
    for text in ("yes", "confirm", f"/{BOTH}", BOTH):
        said = tracker(text, topic, form=None, references=[ONE, OTHER])
        await done(WithdrawObjection(), said)
    assert service.withdrawn == []


async def test_a_button_from_before_works_in_the_middle_of_a_filing(service: FakeService) -> None:
    pressed = presses(form="objection_form", requested_slot="full_name")
    assert (await done(ValidateObjectionForm(), pressed)).slots == {}
    after = await done(WithdrawObjection(), pressed)
    assert (after.said, service.withdrawn) == (["say_withdraw_done"], [ONE, OTHER])
    assert after.slots == {}


@pytest.mark.parametrize("error", [StorageError(), RuntimeError(ONE)])
async def test_when_it_fails_it_is_not_called_taken_back_and_can_be_tried_again(
    service: FakeService, error: Exception
) -> None:
    service.before = raises(error)
    with capture_logs() as logs:
        after = await done(WithdrawObjection(), presses())
    assert after.said == ["say_withdraw_unsure"]
    assert after.messages[0]["asked"] == f"{ONE}+{OTHER}"
    assert ONE not in str(logs)
    assert logs


# --- what stands around it


@pytest.mark.parametrize("topic", ["withdraw_objection", BOTH])
async def test_the_question_for_a_number_leaves_it_to_the_rules(topic: str) -> None:
    said = tracker(f"take back {ONE}", topic, form="status_form", requested_slot="reference")
    after = await done(ValidateStatusForm(), said)
    assert (after.slots, after.said) == ({}, [])


async def test_a_second_filing_does_not_hide_the_first(service: FakeService) -> None:
    after = await done(FileObjection(), tracker("yes", "affirm", references=[ONE]))
    assert after.slots["references"] == [ONE, *REFERENCES]


async def test_filing_that_gives_the_first_answer_again_names_it_once(service: FakeService) -> None:
    filed = tracker("yes", "affirm", references=list(REFERENCES))
    assert (await done(FileObjection(), filed)).slots["references"] == list(REFERENCES)
