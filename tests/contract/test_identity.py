"""A page says who is logged in when a conversation begins, or the chat does not believe it."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest

from tests.conftest import PAGES_KEY, signed
from tests.contract.conftest import Chat, assert_error, fresh

pytestmark = pytest.mark.slow

def begun(address: str, identity: Any) -> httpx.Response:
    """The answer to beginning a conversation as somebody."""
    return httpx.post(f"{address}/chat/session", json={"identity": identity})


def test_who_the_page_has_signed_is_not_asked_for_what_it_says(server: str) -> None:
    answer = begun(server, signed())
    assert answer.status_code == 201
    assert set(answer.json()) == {"session", "expires_at"}

    chat = Chat(server, answer.json()["session"])
    asked = chat.says("I want to object")[-1]
    assert asked["asks"] == "country"
    assert asked["progress"] == {"step": 1, "of": 5}


def test_a_token_of_such_a_session_tells_nobody_who_it_is(server: str) -> None:
    token = begun(server, signed()).json()["session"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert "ana" not in str(claims).casefold()


@pytest.mark.parametrize(
    "identity",
    [
        signed("another key of more than thirty-two bytes"),
        signed(None, "none"),
        signed(algorithm="HS384"),
        signed(exp=int(time.time()) - 1),
        signed(exp=int(time.time()) + 2 * 24 * 3600),
        signed(aud="somebody-else"),
        signed(name="A" * 2048),
        jwt.encode({"aud": "objection-bot", "exp": int(time.time()) + 600}, PAGES_KEY, "HS256"),
        "",
        "nobody",
        7,
        {"name": "Ana Silva"},
    ],
    ids=["another key", "no algorithm", "another algorithm", "expired", "good for two days",
         "for somebody else", "too long", "says nothing", "empty", "no token", "a number",
         "not signed"],
)
def test_everything_else_is_401_with_a_sentence_of_its_own(server: str, identity: Any) -> None:
    answer = begun(server, identity)
    assert_error(answer, 401, "unauthorized")
    assert "login could not be taken over" in answer.json()["message"]


def test_a_session_token_is_no_identity_and_an_identity_no_session(server: str) -> None:
    token = httpx.post(f"{server}/chat/session", json={}).json()["session"]
    assert_error(begun(server, token), 401, "unauthorized")
    bearer = {"Authorization": f"Bearer {signed(sub='0' * 40)}"}
    assert_error(httpx.get(f"{server}/chat/history", headers=bearer), 401, "unauthorized")


def test_without_an_identity_everything_is_as_ever(server: str) -> None:
    for body in ({}, {"identity": None}):
        token = httpx.post(f"{server}/chat/session", json=body).json()["session"]
        assert Chat(server, token).says("I want to object")[-1]["asks"] == "full_name"


def test_a_message_cannot_say_who_somebody_is(server: str) -> None:
    chat = Chat(server)
    who = {"name": "Ana Silva", "email": "ana@example.org"}
    sent = {"id": "0123456789", "text": "I want to object", "identity": who,
            "metadata": {"identity": who}}
    assert chat.send(sent).json()["messages"][-1]["asks"] == "full_name"


def test_a_deleted_conversation_and_the_token_take_the_identity_along(server: str) -> None:
    chat = Chat(server, begun(server, signed()).json()["session"])
    chat.says("I want to object")
    assert chat.http.delete("/chat/session").status_code == 204
    assert_error(chat.http.get("/chat/history"), 401, "unauthorized")
    assert_error(chat.send({"id": fresh(), "button": "object"}), 401, "unauthorized")
