"""A conversation begins, is remembered for a reload, and can be deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import httpx
import jwt
import pytest

from tests.contract.conftest import EVENTS, JSON, Chat, Guarded, assert_error, fresh

pytestmark = pytest.mark.slow


def test_a_session_is_a_token_with_the_moment_it_ends(server: str) -> None:
    answer = httpx.post(f"{server}/chat/session", json={})

    assert answer.status_code == 201
    assert set(answer.json()) == {"session", "expires_at"}
    assert answer.headers["cache-control"] == "no-store"
    ends = datetime.fromisoformat(answer.json()["expires_at"])
    assert ends - datetime.now(timezone.utc) > timedelta(days=1)


def test_the_server_makes_the_id_of_a_session_whatever_the_client_asks_for(server: str) -> None:
    wishes = {"id": "mine", "sender": "mine", "sender_id": "mine", "session": "mine"}
    tokens = [
        httpx.post(f"{server}/chat/session", json=wishes).json()["session"] for _ in range(3)
    ]

    ids = [jwt.decode(token, options={"verify_signature": False})["sub"] for token in tokens]
    assert len(set(ids)) == 3
    # At least 128 bits, as hexadecimal digits.
    assert all(len(bytes.fromhex(one)) >= 16 for one in ids)


def test_conversations_do_not_see_each_other(server: str) -> None:
    ana, ben = Chat(server), Chat(server)
    ana.says("when does it start")

    assert ben.history() == []


def test_a_reload_finds_the_turns_of_both_in_their_order(chat: Chat) -> None:
    chat.presses("hello")
    answer = chat.says("When does it start?")
    history = chat.history()

    said = [(message["from"], message["text"]) for message in history[-2:]]
    assert said == [("person", "When does it start?"), ("bot", answer[-1]["text"])]
    bot = [message for message in history if message["from"] == "bot"]
    assert bot[-1]["topic"] == "faq/effective_date"
    assert {"id", "text", "topic", "asks", "buttons"} <= set(bot[-1])
    assert all(datetime.fromisoformat(message["at"]).tzinfo for message in history)


def test_opening_the_widget_is_not_something_that_the_person_said(chat: Chat) -> None:
    welcome = chat.presses("hello")

    assert [message["from"] for message in chat.history()] == ["bot"] * len(welcome)


def test_a_pressed_button_is_remembered_by_its_title_and_not_by_what_it_stands_for(
    chat: Chat,
) -> None:
    for text in ("I want to object", "Ana Silva", "ana@example.org"):
        answer = chat.says(text)
    (skip,) = answer[-1]["buttons"]
    chat.presses(skip["id"])

    assert chat.said()[-1] == skip["title"] == "Skip"


def test_the_buttons_of_an_earlier_answer_still_work_after_a_reload(chat: Chat) -> None:
    chat.presses("hello")
    (welcome,) = [message for message in chat.history() if message["topic"] == "greet"]
    (to_object,) = [b["id"] for b in welcome["buttons"] if b["title"] == "I want to object"]

    assert chat.presses(to_object)[-1]["asks"] == "full_name"


def test_a_deleted_conversation_is_gone_from_the_database(guarded: Guarded) -> None:
    chat = guarded.chat()
    chat.says("Are my photos used?")
    conversation = jwt.decode(chat.token, options={"verify_signature": False})["sub"]
    assert _stored(guarded, conversation) > 0

    answer = chat.http.delete("/chat/session")

    assert (answer.status_code, answer.content) == (204, b"")
    assert _stored(guarded, conversation) == 0


def test_the_token_of_a_deleted_conversation_is_good_for_nothing(
    server: str,
) -> None:
    """A copy of it, in another tab or somebody else's hands, began the conversation anew."""
    chat, other = Chat(server), Chat(server)
    for one in (chat, other):
        one.says("hello")
    assert chat.http.delete("/chat/session").status_code == 204

    for accept in (JSON, EVENTS):
        for body in ({"text": "hello"}, {"button": "hello"}):
            assert_error(chat.send({"id": fresh(), **body}, accept), 401, "unauthorized")
    assert_error(chat.http.get("/chat/history"), 401, "unauthorized")
    assert_error(chat.http.get("/chat/receipts/OBJ-1.pdf"), 401, "unauthorized")
    assert other.says("hello")
    assert len(other.history()) > 1


def test_what_was_filed_stays_when_the_conversation_is_deleted(
    chat: Chat, mailed: Callable[[str, str], str]
) -> None:
    for text in ("I want to object", "Ana Silva", "ana@example.org", "skip", "instagram ana.s"):
        chat.says(text)
    for text in ("no", "no", "no"):
        answer = chat.says(text)
    assert answer[-1]["asks"] == "objection_confirmed"
    done = chat.says("yes")
    (reference,) = [
        word.strip(":") for word in done[0]["text"].split() if word.startswith("OBJ-")
    ]

    assert chat.http.delete("/chat/session").status_code == 204

    back = Chat(chat.address)
    asked = back.says(f"what is the status of {reference}?")[-1]
    assert asked["asks"] == "verification_code"
    assert asked["input"]["autocomplete"] == "one-time-code"
    told = back.says(mailed("asked in the chat", reference))
    assert "was received" in told[-1]["text"]
    # Whoever has shown that it is theirs gets the receipt, too.
    assert back.http.get(told[-1]["download"]["url"]).status_code == 200


def test_deleting_twice_is_no_error(chat: Chat) -> None:
    chat.says("hello")
    assert [chat.http.delete("/chat/session").status_code for _ in range(2)] == [204, 204]


def _stored(guarded: Guarded, conversation: str) -> int:
    with sqlite3.connect(guarded.database) as database:
        query = "SELECT count(*) FROM conversation_event WHERE conversation = ?"
        (count,) = database.execute(query, [conversation]).fetchone()
    return int(count)
