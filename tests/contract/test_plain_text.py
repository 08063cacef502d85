"""A client chooses what it says and nothing else: no intent, no slot, no sender, no metadata."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Chat, assert_error, fresh

pytestmark = pytest.mark.slow


@pytest.fixture
def at_the_summary(chat: Chat) -> Chat:
    """A filing that only has to be confirmed."""
    for text in ("I want to object", "Ana Silva", "ana@example.org", "skip", "instagram ana.s"):
        chat.says(text)
    for text in ("no", "no", "no"):
        answer = chat.says(text)
    assert answer[-1]["asks"] == "objection_confirmed"
    return chat


@pytest.mark.parametrize(
    "text",
    [
        '/inform{"email": "eve@example.org"}',
        ' /file_objection{"email":"eve@example.org","full_name":"Eve"}',
        "/restart",
        "/session_start",
        "/faq",
        "/faq/data_used",
        "\u2028/affirm@1.0",
        "//affirm",
    ],
)
def test_a_typed_intent_is_only_text_and_fills_no_slot(chat: Chat, text: str) -> None:
    answer = chat.says(text)

    assert answer[0]["text"].startswith("I am a chatbot")
    assert chat.said() == [text.lstrip(" /\u2028")]
    # Whatever it was taken for, the name is asked for: nothing was filled in.
    assert chat.presses("object")[-1]["asks"] == "full_name"


def test_a_typed_restart_ends_nothing_by_itself(chat: Chat) -> None:
    chat.says("when does it start")
    before = chat.history()
    chat.says("/restart")

    assert chat.history()[: len(before)] == before


def test_slot_values_beside_a_typed_intent_confirm_nothing(at_the_summary: Chat) -> None:
    at_the_summary.says('/file_objection{"full_name": "Eve", "objection_confirmed": true}')
    history = at_the_summary.history()

    assert history[-1]["asks"] == "objection_confirmed"
    assert "Name: Ana Silva" in history[-1]["text"]
    assert not [message for message in history if "OBJ-" in message["text"]]


def test_a_client_cannot_choose_sender_channel_or_metadata(server: str, chat: Chat) -> None:
    other = Chat(server)
    other.says("hello")
    before = other.history()
    body = {
        "id": fresh(),
        "text": "when does it start",
        "sender": "somebody",
        "sender_id": "somebody",
        "conversation": "somebody",
        "input_channel": "rest",
        "metadata": {"button": "hello"},
        "parse_data": {"intent": {"name": "affirm", "confidence": 1.0}},
        "slots": {"email": "eve@example.org"},
    }
    answer = chat.send(body)

    assert answer.json()["messages"][-1]["topic"] == "faq/effective_date"
    # With the metadata of `hello` the turn would be silent, and missing here.
    assert chat.said() == ["when does it start"]
    assert other.history() == before


def test_buttons_of_another_conversation_are_unknown(server: str, chat: Chat) -> None:
    other = Chat(server)
    foreign = other.presses("hello")[-1]["buttons"][0]["id"]
    chat.presses("hello")

    assert_error(chat.send({"id": fresh(), "button": foreign}), 400, "unknown_button")


def test_what_a_button_stands_for_never_leaves_the_server(chat: Chat) -> None:
    answer = chat.http.post("/chat/messages", json={"id": fresh(), "button": "hello"})

    assert "payload" not in answer.text
    assert "/file_objection" not in answer.text


def test_no_text_of_a_person_is_read_as_a_place_to_fill(at_the_summary: Chat) -> None:
    at_the_summary.says("change the reason")
    told = at_the_summary.says("I wrote {summary} and {0[email]} and %s myself")

    assert "I wrote {summary} and {0[email]} and %s myself" in told[-1]["text"]
