"""The form's questions, its beginning and its end."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker

from actions.base import BotAction
from actions.filing import draft
from actions.filing.form import (
    AskAccount,
    AskConfirmation,
    AskCountry,
    AskEmail,
    AskFullName,
    AskLinkedAccounts,
    AskReason,
    AskReference,
    AskUnlinkedAccounts,
    BeginObjection,
    RestartObjection,
    ValidateObjectionForm,
)
from actions.filing.submit import CancelObjection
from bot.objections.errors import StorageError
from bot.objections.sitting import Known
from bot.runtime.wording import load_said
from tests.actions.conftest import ANA, REFERENCES, FakeService, done, tracker
from tests.unit.objections.hostile import HOSTILE

QUESTIONS: list[type[BotAction]] = [
    AskFullName, AskEmail, AskCountry, AskAccount, AskLinkedAccounts, AskUnlinkedAccounts,
    AskReason, AskReference, AskConfirmation,
]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_question_asks_for_its_field_in_words_that_exist(
    question: type[BotAction],
) -> None:
    after = await done(question(), tracker())
    (said,) = after.said
    assert said == question().name().replace("action_", "say_")
    assert said in load_said()
    assert after.slots in ({}, {"summary_shown": True})


async def test_a_filing_begins_with_an_empty_draft_and_an_id_of_its_own(
    service: FakeService,
) -> None:
    first = await done(BeginObjection(), tracker("I object", "file_objection"))
    second = await done(BeginObjection(), tracker("I object", "file_objection"))
    assert first.said == ["say_file_begin"]
    assert first.slots["draft_id"] != second.slots["draft_id"]
    assert {n for n, value in first.slots.items() if value is not None} == {
        "draft_id", "notice_display",
    }


async def test_another_filing_takes_over_what_was_told_before(service: FakeService) -> None:
    service.person = Known("Ana Silva", "ana@example.org", None, "My living.")
    again = tracker("I object", "file_objection", references=list(REFERENCES))
    after = await done(BeginObjection(), again)
    assert after.said == ["say_file_begin_again"]
    told = {"full_name": "Ana Silva", "email": "ana@example.org", "country": "",
            "reason": "My living."}
    assert {name: after.slots[name] for name in told} == told
    assert after.slots["account"] is None and after.slots["objection_confirmed"] is None
    assert "Ana" not in str(after.messages)



def logged_in(text: str, identity: dict[str, str], **slots: Any) -> Tracker:
    """A message of somebody of whom the page says this."""
    after = tracker(text, "file_objection", **slots)
    after.latest_message["identity"] = identity
    return after


async def test_what_the_login_says_is_read_as_if_it_had_been_typed(service: FakeService) -> None:
    says = {"name": "  ana   silva ", "email": "mailto:ana@EXAMPLE.org", "account": "@ana.s"}
    after = await done(BeginObjection(), logged_in("I object", says))
    assert after.said == ["say_file_begin", "say_file_login"]
    # An account without its platform cannot be read.
    assert (after.slots["full_name"], after.slots["email"], after.slots["account"]) == (
        "Ana Silva", "ana@example.org", None,
    )
    assert after.messages[-1]["known"] == "- Name: Ana Silva\n- E-mail: ana@example.org"


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
async def test_a_login_may_say_anything(service: FakeService, hostile: str) -> None:
    says = dict.fromkeys(("name", "email", "account"), hostile)
    after = await done(BeginObjection(), logged_in("I object", says))
    assert after.said[0] == "say_file_begin" and after.slots["draft_id"]


async def test_a_login_is_taken_over_also_when_the_record_does_not_answer(
    service: FakeService,
) -> None:
    def fail() -> None:
        raise StorageError

    service.before = fail
    after = await done(BeginObjection(), logged_in("I object", {"name": "Ana Silva"}))
    assert after.said == ["say_file_begin", "say_file_login"]
    assert after.slots["full_name"] == "Ana Silva"


async def test_a_question_tells_which_steps_the_login_has_answered() -> None:
    says = {"name": "Ana Silva", "email": "ana@example.com"}
    # She has changed the address.
    after = await done(AskReason(), logged_in("no", says))
    assert after.messages[-1]["answered"] == ["full_name"]
    nobody = await done(AskReason(), tracker("no"))
    assert "answered" not in nobody.messages[-1]


async def test_a_filing_begins_also_when_the_record_does_not_answer(service: FakeService) -> None:
    def fail() -> None:
        raise StorageError

    service.before = fail
    after = await done(BeginObjection(), tracker("I object", "file_objection"))
    assert after.said == ["say_file_begin"]
    assert after.slots["draft_id"] and after.slots["notice_display"] is None


async def test_starting_over_is_another_filing() -> None:
    after = await done(RestartObjection(), tracker("start over", "start_over"))
    assert after.said == ["say_file_restarted"]
    assert after.slots["draft_id"] not in (None, "0123456789abcdef")
    assert after.slots["full_name"] is None


async def test_cancelling_leaves_nothing_of_the_draft() -> None:
    after = await done(CancelObjection(), tracker("cancel", "cancel"))
    assert after.said == ["say_file_cancelled"]
    assert set(after.slots) == {*draft.emptied(), "requested_slot"}
    assert set(after.slots.values()) == {None}
    assert after.loops == [None]


@pytest.mark.parametrize(
    ("half", "said", "values"),
    [
        ({"handle": "ana.s"}, "say_ask_platform", {"handle": "ana.s"}),
        ({"platform": "instagram"}, "say_ask_handle", {"platform": "Instagram"}),
    ],
)
async def test_only_the_missing_half_of_an_account_is_asked_for(
    half: dict[str, str], said: str, values: dict[str, str]
) -> None:
    after = await done(AskAccount(), tracker(pending_account=half))
    assert after.said == [said]
    assert values.items() <= after.messages[0].items()


async def test_the_summary_shows_every_answer() -> None:
    after = await done(AskConfirmation(), tracker("skip", "deny", requested_slot="reason"))
    assert after.messages[0]["summary"].splitlines() == [
        "- Name: Ana Silva",
        "- E-mail: ana@example.org",
        "- Country: Ireland",
        "- Account: ana.s on Instagram",
        "- Others in the same Accounts Center: ana.silva on Facebook",
        "- Not linked, so filed on their own: ana_art on Instagram",
        "- Reason: My pictures are my living.",
    ]


async def test_the_summary_says_what_was_left_out() -> None:
    left_out: dict[str, Any] = {"country": "", "reason": ""}
    none = tracker(**left_out, linked_accounts=[], unlinked_accounts=[])
    after = await done(AskConfirmation(), none)
    assert after.messages[0]["summary"].splitlines()[2:] == [
        "- Country: not given",
        "- Account: ana.s on Instagram",
        "- Others in the same Accounts Center: none",
        "- Not linked, so filed on their own: none",
        "- Reason: none given",
    ]


async def test_a_no_to_the_summary_is_asked_what_should_change() -> None:
    refused = tracker("no", does=[{"do": "no"}], requested_slot="objection_confirmed")
    after = await done(AskConfirmation(), refused)
    assert after.said == ["say_file_what_to_change"]


async def test_a_no_to_the_last_question_is_not_a_no_to_the_summary() -> None:
    after = await done(AskConfirmation(), tracker("no", "deny", requested_slot="reason"))
    assert after.said == ["say_ask_objection_confirmed"]


async def test_the_form_takes_what_the_commands_bring() -> None:
    does = [{"do": "set", "field": "email", "value": "ana2@example.org"}]
    after = await done(
        ValidateObjectionForm(), tracker(does=does, email=None, requested_slot="email")
    )
    assert after.slots["email"] == "ana2@example.org"


async def test_the_form_says_what_is_wrong_with_a_reply() -> None:
    does = [{"do": "set", "field": "email", "value": "ana@home"}]
    after = await done(
        ValidateObjectionForm(), tracker(does=does, email=None, requested_slot="email")
    )
    assert after.said == ["say_file_problem"]
    assert after.slots == {"email": None}


async def test_a_question_beside_an_answer_is_answered_too() -> None:
    does = [{"do": "set", "field": "email", "value": "ana2@example.org"}, {"do": "ask"}]
    reply = tracker(does=does, email=None, requested_slot="email", reason=None)
    reply.latest_message["asides"] = ["faq/data_excluded"]
    after = await done(ValidateObjectionForm(), reply)
    assert after.said == ["say_file_taken", "utter_faq/data_excluded"]
    reply.latest_message["asides"] = []
    after = await done(ValidateObjectionForm(), reply)
    assert after.said == ["say_file_taken", "say_file_aside_unclear"]


async def test_commands_that_cannot_be_read_keep_every_slot() -> None:
    broken = tracker(does=[{"does": "not exist"}], requested_slot="full_name")
    after = await done(ValidateObjectionForm(), broken)
    assert after.said == ["say_failed"]
    assert (after.slots, after.loops) == ({}, [])


async def test_words_of_distress_are_no_answer_to_a_question_of_the_form() -> None:
    said = tracker("I want to die")
    said.latest_message["in_distress"] = True
    after = await done(ValidateObjectionForm(), said)
    assert (after.said, after.slots) == ([], {})


@pytest.mark.parametrize(
    "text",
    [
        "Goodbye Meta AI",
        "I do not give Meta or anyone else permission to use my pictures, my information or my "
        "posts, past and future. With this statement I give notice to Meta. Copy and paste!",
    ],
)
async def test_a_text_that_people_post_is_told_to_have_no_effect_by_itself(text: str) -> None:
    after = await done(BeginObjection(), tracker(text, "file_objection"))
    assert after.said == ["say_file_declaration", "say_file_begin"]


async def test_a_short_objection_is_not_taken_for_such_a_text() -> None:
    after = await done(BeginObjection(), tracker("I hereby object", "file_objection"))
    assert after.said == ["say_file_begin"]


async def test_the_summary_comes_by_line_too_each_with_what_changes_it() -> None:
    slots = {name: value for name, value in ANA.items() if name in draft.FIELDS}
    card = draft.card(slots)
    lines = [f"- {line['title']}: {line['value']}" for line in card]
    assert "\n".join(lines) == draft.summary(slots)
    assert [line["field"] for line in card] == list(draft.FIELDS)
    assert AskConfirmation().values(tracker(**slots))["card"] == card
