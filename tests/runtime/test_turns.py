"""A conversation's events, read as what a person sees."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.runtime.turns import (
    INPUTS,
    STEPS,
    BotMessage,
    Button,
    filed,
    history,
    offered,
    turns,
)
from bot.settings import ROOT

Event = dict[str, Any]
AT = 1_732_000_000.0
GREETED = "Hello."
YES = {"title": "Yes", "payload": "/affirm"}
COUNTRY = {"title": "My country", "payload": "change my country"}


def user(message_id: str, text: str, button: str | None = None) -> Event:
    metadata = {"button": button} if button else {}
    return {"event": "user", "message_id": message_id, "text": text, "timestamp": AT,
            "metadata": metadata}


def bot(response: str, text: str = "Text.", buttons: list[dict[str, str]] | None = None) -> Event:
    return {"event": "bot", "text": text, "timestamp": AT, "data": {"buttons": buttons},
            "metadata": {"utter_action": response}}


def action(name: str) -> Event:
    return {"event": "action", "name": name, "timestamp": AT}


WELCOME = [action("action_session_start"), bot("say_welcome", "I am a chatbot."),
           action("action_listen")]


def only(events: list[Event]) -> BotMessage:
    """The one message of the one turn."""
    ((message,),) = [turn.answer for turn in turns([user("m1", "hi"), *events])]
    return message


def test_a_conversation_that_has_not_begun_has_no_turns() -> None:
    assert turns([]) == []


def test_each_answer_belongs_to_the_message_before_it() -> None:
    found = turns([user("m1", "one"), bot("utter_greet", "A"), bot("utter_help", "B"),
                   user("m2", "two"), bot("utter_thank", "C")])

    assert [(turn.id, turn.text) for turn in found] == [("m1", "one"), ("m2", "two")]
    assert [[message.text for message in turn.answer] for turn in found] == [["A", "B"], ["C"]]


def test_the_welcome_belongs_to_the_first_turn() -> None:
    (turn,) = turns([*WELCOME, user("m1", "hi"), bot("utter_greet", GREETED)])
    assert [message.text for message in turn.answer] == ["I am a chatbot.", GREETED]


def test_a_welcome_without_a_message_is_nothing_yet() -> None:
    assert turns(WELCOME) == []


def test_ids_come_from_the_persons_message_and_count_up() -> None:
    (turn,) = turns([*WELCOME, user("m1", "hi"), bot("utter_help", buttons=[YES, COUNTRY])])

    assert [message.id for message in turn.answer] == ["m1.0", "m1.1"]
    assert [button.id for button in turn.answer[1].buttons] == ["m1.1.0", "m1.1.1"]


@pytest.mark.parametrize(
    ("response", "topic"),
    [
        ("utter_faq/data_used", "faq/data_used"),
        ("utter_not_covered/ads", "not_covered/ads"),
        ("utter_greet", "greet"),
        ("say_file_begin", "file_objection"),
        ("say_ask_email", "file_objection"),
        ("say_status", "check_status"),
        ("say_withdraw_ask", "withdraw_objection"),
        ("say_welcome", None),
        ("say_failed", None),
        ("", None),
    ],
)
def test_the_topic_is_what_the_answer_is_about(response: str, topic: str | None) -> None:
    assert only([bot(response)]).topic == topic


@pytest.mark.parametrize(
    ("response", "field"),
    [
        ("say_ask_full_name", "full_name"),
        ("say_ask_objection_confirmed", "objection_confirmed"),
        ("say_ask_platform", "account"),
        ("say_ask_handle", "account"),
        ("say_file_what_to_change", "objection_confirmed"),
        ("say_ask_reference", "reference"),
        ("say_file_begin", None),
        ("utter_faq/data_used", None),
    ],
)
def test_asks_is_the_field_that_the_message_asks_for(response: str, field: str | None) -> None:
    assert only([bot(response)]).asks == field


@pytest.mark.parametrize("field", sorted(INPUTS))
def test_a_question_for_a_typed_field_says_how_to_ask_for_it(field: str) -> None:
    message = only([bot(f"say_ask_{field}")]).as_dict()
    assert message["input"]["type"] in ("text", "email")
    assert message["input"]["autocomplete"]


def test_a_question_that_is_answered_by_a_button_has_no_input() -> None:
    assert "input" not in only([bot("say_ask_objection_confirmed", buttons=[YES])]).as_dict()


def test_a_message_has_the_fields_of_the_contract_and_hides_payloads() -> None:
    assert only([bot("utter_greet", GREETED, [YES])]).as_dict() == {
        "id": "m1.0",
        "text": GREETED,
        "topic": "greet",
        "asks": None,
        "buttons": [{"id": "m1.0.0", "title": "Yes"}],
    }


def test_every_button_ever_offered_can_be_found() -> None:
    found = turns([user("m1", "hi"), bot("utter_greet", buttons=[YES]), user("m2", "ho"),
                   bot("utter_greet", buttons=[COUNTRY])])
    assert offered(found) == {
        "m1.0.0": Button("m1.0.0", "Yes", "/affirm"),
        "m2.0.0": Button("m2.0.0", "My country", "change my country"),
    }


def test_the_history_tells_both_sides_with_the_moment() -> None:
    found = turns([user("m1", "hi"), bot("utter_greet", GREETED)])
    assert history(found) == [
        {"from": "person", "id": "m1", "text": "hi", "at": "2024-11-19T07:06:40+00:00"},
        {"from": "bot", "id": "m1.0", "text": GREETED, "topic": "greet", "asks": None,
         "buttons": [], "at": "2024-11-19T07:06:40+00:00"},
    ]


def test_a_silent_hello_is_not_in_the_history_but_its_answer_is() -> None:
    found = turns([user("m1", "Hello", button="hello"), bot("utter_greet", GREETED)])
    assert found[0].is_silent
    assert [message["from"] for message in history(found)] == ["bot"]


def test_a_hello_that_somebody_types_is_in_the_history() -> None:
    found = turns([user("m1", "Hello"), bot("utter_greet", GREETED)])
    assert [message["from"] for message in history(found)] == ["person", "bot"]


def test_a_pressed_button_is_told_by_its_title() -> None:
    found = turns([user("m1", "hi"), bot("say_file_what_to_change", buttons=[COUNTRY]),
                   user("m2", "change my country", button="m1.0.0")])
    assert found[1].text == "My country"


def test_words_that_were_taken_out_of_a_pressed_button_stay_out() -> None:
    found = turns([user("m1", "hi"), bot("say_ask_platform", buttons=[COUNTRY]),
                   user("m2", "(removed)", button="m1.0.0")])
    assert found[1].text == "(removed)"


def test_the_same_words_typed_are_told_as_they_were_typed() -> None:
    found = turns([user("m1", "hi"), bot("say_file_what_to_change", buttons=[COUNTRY]),
                   user("m2", "change my country")])
    assert found[1].text == "change my country"


def test_a_message_may_carry_a_file_to_keep() -> None:
    receipt = {"url": "/chat/receipts/OBJ-1.pdf", "title": "Your receipt (PDF)"}
    said = bot("say_file_done")
    said["data"]["custom"] = {"download": receipt}

    assert only([said]).as_dict()["download"] == receipt
    assert "download" not in only([bot("say_file_done")]).as_dict()


def test_the_numbers_of_every_filing_of_a_conversation_are_its_own() -> None:
    def slot(name: str, value: Any) -> Event:
        return {"event": "slot", "name": name, "value": value, "timestamp": AT}

    events = [slot("references", None), slot("references", ["OBJ-1", "OBJ-2"]),
              slot("reference", "OBJ-9"), user("m1", "OBJ-8"), slot("references", ["OBJ-3"])]
    assert filed(events) == {"OBJ-1", "OBJ-2", "OBJ-3"}
    assert filed([]) == frozenset()


CARD = [{"field": "email", "title": "E-mail", "value": "ana@example.org",
         "change": "change my e-mail"}]


def summary() -> Event:
    """The summary as Rasa keeps it: the values of a response stand in its metadata."""
    said = bot("say_ask_objection_confirmed", buttons=[YES])
    said["metadata"]["card"] = CARD
    return said


def test_the_steps_are_the_forms_questions_in_its_order() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    assert list(STEPS) == domain["forms"]["objection_form"]["required_slots"]


@pytest.mark.parametrize(
    ("response", "step"),
    [("say_ask_full_name", 1), ("say_ask_platform", 4), ("say_ask_objection_confirmed", 8)],
)
def test_a_question_of_a_filing_says_how_far_it_is(response: str, step: int) -> None:
    assert only([bot(response)]).as_dict()["progress"] == {"step": step, "of": 8}


def test_what_a_login_has_answered_is_no_step() -> None:
    def asked(field: str, *answered: str) -> dict[str, Any]:
        said = bot(f"say_ask_{field}")
        said["metadata"]["answered"] = list(answered)
        return only([said]).as_dict()

    country = asked("country", "full_name", "email")
    assert country["progress"] == {"step": 1, "of": 6}
    assert "back" not in country
    linked = asked("linked_accounts", "full_name", "email", "account")
    assert linked["progress"] == {"step": 2, "of": 5}
    assert "back" in linked
    # Asked for all the same, it counts.
    assert asked("email", "full_name", "email")["progress"] == {"step": 1, "of": 7}


@pytest.mark.parametrize("response", ["say_ask_reference", "utter_greet", "say_file_begin"])
def test_what_is_no_question_of_a_filing_has_no_progress_and_no_way_back(response: str) -> None:
    assert not {"progress", "back"} & only([bot(response)]).as_dict().keys()


def test_every_question_but_the_first_has_a_way_back() -> None:
    assert "back" not in only([bot("say_ask_full_name")]).as_dict()
    message = only([bot("say_ask_email")])
    assert message.as_dict()["back"] == {"id": "m1.0.back", "title": "Back"}
    assert "back" not in only([bot("say_file_what_to_change")]).as_dict()


def test_the_summary_is_a_card_whose_lines_can_be_changed_and_payloads_stay_hidden() -> None:
    assert only([summary()]).as_dict()["card"] == [
        {"field": "email", "title": "E-mail", "value": "ana@example.org",
         "change": {"id": "m1.0.email", "title": "Change my e-mail"}},
    ]


def test_the_buttons_of_the_card_and_the_way_back_can_be_found() -> None:
    found = turns([user("m1", "hi"), summary()])
    assert {key: button.payload for key, button in offered(found).items()} == {
        "m1.0.0": "/affirm", "m1.0.email": "=change email", "m1.0.back": "=back",
    }


def test_what_was_pressed_on_the_card_is_told_by_its_title() -> None:
    found = turns([user("m1", "hi"), summary(), user("m2", "Change my e-mail", "m1.0.email")])
    assert found[1].text == "Change my e-mail"


def test_a_message_that_says_what_is_wrong_is_marked() -> None:
    assert only([bot("say_file_problem")]).as_dict()["problem"] is True
    assert "problem" not in only([bot("say_ask_email")]).as_dict()
