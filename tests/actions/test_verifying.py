"""Codes, and another name or address, outside of any form."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from rasa_sdk import Tracker

from actions.filing.submit import FileObjection
from actions.status import ValidateStatusForm
from actions.verifying import TOPICS
from bot.objections.verification import Earlier, Opened
from tests.actions.conftest import REFERENCES, Done, FakeService, done, tracker

AWAITED = {"id": "first", "for": "confirm", "reference": REFERENCES[0]}


def says(text: str, name: str = "code", **slots: Any) -> Tracker:
    return tracker(text, f"check_status/{name}", form=None, **{"awaited": AWAITED, **slots})


async def after(asked: Tracker) -> Done:
    return await done(ValidateStatusForm(), asked)


async def test_after_filing_a_code_is_asked_for_and_nothing_waits_for_it(
    service: FakeService,
) -> None:
    filed = await done(FileObjection(), tracker("yes", "affirm"))
    assert filed.said[-1] == "say_ask_verification_code"
    assert filed.slots["awaited"] == AWAITED
    assert filed.loops == []


async def test_a_right_code_confirms(service: FakeService) -> None:
    service.opens = Opened("confirm", REFERENCES)
    told = await after(says("its 123 456"))
    assert service.requests == [("enter", "first", "123456")]
    assert told.said == ["say_code_confirmed"]
    assert told.slots == {
        "awaited": None, "references": list(REFERENCES), "reference": [],
    }


async def test_whoever_had_objected_before_gets_that_receipt_again(service: FakeService) -> None:
    at = datetime(2024, 11, 1, tzinfo=timezone.utc)
    service.opens = Opened("confirm", REFERENCES, (Earlier(REFERENCES[0], at),))
    told = await after(says("123456"))
    assert told.said == ["say_code_confirmed", "say_code_earlier"]
    assert told.messages[1]["received"] == "1 November 2024"
    assert REFERENCES[0] in told.slots["references"]


async def test_a_wrong_code_opens_nothing_and_may_be_typed_again(service: FakeService) -> None:
    told = await after(says("654321"))
    assert told.said == ["say_code_refused"]
    assert told.slots == {"reference": []}


async def test_a_code_from_elsewhere_leads_to_the_state_that_was_asked_for(
    service: FakeService,
) -> None:
    awaited = {"id": "x", "for": "status", "reference": REFERENCES[1]}
    told = await after(says("123456", awaited=awaited))
    assert told.said == ["say_code_right"]
    assert told.slots["reference"] == [REFERENCES[1]]
    assert told.slots["references"] == list(REFERENCES)


async def test_a_code_for_taking_back_leads_to_the_one_question(service: FakeService) -> None:
    awaited = {"id": "x", "for": "withdraw", "reference": REFERENCES[1]}
    told = await after(says("123456", awaited=awaited))
    assert told.said == ["say_code_right", "say_withdraw_ask"]
    assert told.messages[1]["asked"] == REFERENCES[1]
    assert service.withdrawn == []


async def test_a_new_code_takes_the_place_of_the_one_before(service: FakeService) -> None:
    told = await after(says("send again", "new_code"))
    assert service.requests == [("resend", "first")]
    assert told.said == ["say_ask_verification_code_again"]
    assert told.slots["awaited"] == {**AWAITED, "id": "again"}


@pytest.mark.parametrize("name", ["code", "new_code"])
async def test_where_no_code_is_awaited_it_is_said(service: FakeService, name: str) -> None:
    told = await after(says("123456", name, awaited=None))
    assert told.said == ["say_code_not_awaited"] and service.requests == []


@pytest.mark.parametrize("name", ["contact", "contact_email", "contact_name"])
async def test_details_are_changed_only_for_what_is_known_to_be_the_persons(
    service: FakeService, name: str
) -> None:
    told = await after(says("change my email to eve@example.org", name, references=None))
    assert told.said == ["say_contact_elsewhere"] and service.requests == []


async def test_a_new_address_gets_a_code_first(service: FakeService) -> None:
    asked = says(
        "change my e-mail to ana.new@example.org.", "contact", references=list(REFERENCES)
    )
    told = await after(asked)
    assert service.requests == [("change_email", REFERENCES[-1], "ana.new@example.org")]
    assert told.said == ["say_ask_verification_code_change"]
    assert told.slots["awaited"]["for"] == "change"
    assert "ana.new" not in str(told.messages) + str(told.slots)


@pytest.mark.parametrize(
    ("text", "name", "said", "expected"),
    [
        ("change my e-mail", "contact", "say_ask_new_email", "new_email"),
        ("My e-mail address", "contact_email", "say_ask_new_email", "new_email"),
        ("My name", "contact_name", "say_ask_new_name", "new_name"),
    ],
)
async def test_what_is_missing_is_asked_for(
    service: FakeService, text: str, name: str, said: str, expected: str
) -> None:
    told = await after(says(text, name, references=list(REFERENCES)))
    assert told.said == [said]
    assert told.slots["awaited"] == {"for": expected}


async def test_a_name_is_corrected_when_it_was_asked_for(service: FakeService) -> None:
    asked = says("Anna Silva", "contact", references=list(REFERENCES), awaited={"for": "new_name"})
    told = await after(asked)
    assert service.requests == [("change_name", REFERENCES[-1], "Anna Silva")]
    assert told.said == ["say_contact_name_done"] and told.slots["awaited"] is None


@pytest.mark.parametrize(
    ("text", "awaited"), [("a@b", {"for": "new_email"}), ("12345", {"for": "new_name"})]
)
async def test_what_is_not_valid_is_explained_and_asked_for_again(
    service: FakeService, text: str, awaited: dict[str, str]
) -> None:
    told = await after(says(text, "contact", references=list(REFERENCES), awaited=awaited))
    assert told.said == ["say_contact_problem"]
    assert "awaited" not in told.slots


def test_every_topic_is_one_of_the_intent_that_has_the_rule() -> None:
    assert {name.partition("/")[0] for name in TOPICS} == {"check_status"}
