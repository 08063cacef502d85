"""Codes, and another name or address, outside of any form."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker

from actions.filing.submit import FileObjection
from actions.status import TellStatus, ValidateStatusForm
from actions.verifying import TOPICS
from bot.objections.asking import Asker
from bot.objections.errors import CodeNotSent
from bot.objections.verification import Awaited, Opened
from tests.actions.conftest import REFERENCES, Done, FakeService, done, tracker

LIMIT = CodeNotSent("minute", 40)
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


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        (Awaited("first"), "say_ask_verification_code"),
        (Awaited("first", False), "say_ask_verification_code_before"),
        (Awaited("first", False, LIMIT), "say_code_not_sent_after_filing"),
    ],
)
async def test_a_code_is_said_to_be_sent_only_where_one_was(
    service: FakeService, waits: Awaited, said: str
) -> None:
    service.waits = waits
    filed = await done(FileObjection(), tracker("yes", "affirm"))
    assert filed.said == ["say_file_done_several", *filed.said[1:-1], said]
    assert len(service.filed) == 1 and filed.slots["awaited"] == AWAITED
    if waits.problem is not None:
        assert filed.messages[-1]["problem"] == LIMIT.sentence


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
    assert service.requests == [("confirm", REFERENCES[0])]
    assert told.said == ["say_ask_verification_code_again"]
    assert told.slots["awaited"] == {**AWAITED, "id": "again"}


@pytest.mark.parametrize("purpose", ["confirm", "status", "withdraw", "change"])
async def test_where_none_may_be_sent_the_one_before_is_awaited_still(
    service: FakeService, purpose: str
) -> None:
    service.limit = LIMIT
    told = await after(says("send again", "new_code", awaited={**AWAITED, "for": purpose}))
    assert told.said == ["say_code_not_sent"] and "awaited" not in told.slots
    assert told.messages[0]["problem"] == LIMIT.sentence


async def test_the_first_that_may_not_be_sent_can_be_asked_for_again(service: FakeService) -> None:
    service.limit = LIMIT
    asked = tracker("status", "check_status", form=None, reference=[REFERENCES[1]], awaited=None)
    told = await done(TellStatus(), asked)
    assert told.said == ["say_code_not_sent"]
    service.limit = None
    again = await after(says("send again", "new_code", awaited=told.slots["awaited"]))
    assert service.requests == [("request", REFERENCES[1])]
    assert again.said == ["say_ask_verification_code_elsewhere"]
    assert again.slots["awaited"]["id"] == "requested"


async def test_a_new_address_waits_for_its_minute_too(service: FakeService) -> None:
    service.limit = LIMIT
    told = await after(says("ana.new@example.org", "contact", references=list(REFERENCES)))
    assert told.said == ["say_contact_problem"]
    assert told.messages[0]["problem"] == LIMIT.sentence


async def test_what_is_counted_is_the_conversation_and_where_it_comes_from(
    service: FakeService,
) -> None:
    asked = says("send again", "new_code")
    asked.latest_message["client"] = "203.0.113.7"
    await after(asked)
    assert service.askers == [Asker("a", "203.0.113.7")]


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
