"""A page says who is logged in when a conversation begins, or the chat does not believe it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.conftest import serving
from tests.contract.conftest import Chat, assert_error

pytestmark = pytest.mark.slow

KEY = "the key that a page shares with us, 32 bytes"


def signed(key: str | None = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    """Ana's identity, good for an hour, with these claims instead."""
    ana = {"name": "Ana Silva", "email": "ana@example.org", "account": "instagram ana.s",
           "aud": "objection-bot", "exp": int(time.time()) + 3600}
    return jwt.encode({**ana, **claims}, key, algorithm)


def begun(address: str, identity: Any) -> httpx.Response:
    """The answer to beginning a conversation as somebody."""
    return httpx.post(f"{address}/chat/session", json={"identity": identity})


@pytest.fixture(scope="module")
def knowing(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that shares a key with a page."""
    folder = tmp_path_factory.mktemp("knowing")
    with serving(folder, IDENTITY_KEY=KEY, SESSION_RATE_LIMIT="off") as address:
        yield address


def test_who_the_page_has_signed_is_not_asked_for_what_it_says(knowing: str) -> None:
    answer = begun(knowing, signed())
    assert answer.status_code == 201
    assert set(answer.json()) == {"session", "expires_at"}

    chat = Chat(knowing, answer.json()["session"])
    asked = chat.says("I want to object")[-1]
    assert asked["asks"] == "country"
    assert asked["progress"] == {"step": 1, "of": 5}


def test_a_token_of_such_a_session_tells_nobody_who_it_is(knowing: str) -> None:
    token = begun(knowing, signed()).json()["session"]
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
        jwt.encode({"aud": "objection-bot", "exp": int(time.time()) + 600}, KEY, "HS256"),
        "",
        "nobody",
        7,
        {"name": "Ana Silva"},
    ],
    ids=["another key", "no algorithm", "another algorithm", "expired", "good for two days",
         "for somebody else", "too long", "says nothing", "empty", "no token", "a number",
         "not signed"],
)
def test_everything_else_is_401_with_a_sentence_of_its_own(knowing: str, identity: Any) -> None:
    answer = begun(knowing, identity)
    assert_error(answer, 401, "unauthorized")
    assert "login could not be taken over" in answer.json()["message"]


def test_a_session_token_is_no_identity_and_an_identity_no_session(knowing: str) -> None:
    token = httpx.post(f"{knowing}/chat/session", json={}).json()["session"]
    assert_error(begun(knowing, token), 401, "unauthorized")
    bearer = {"Authorization": f"Bearer {signed(sub='0' * 40)}"}
    assert_error(httpx.get(f"{knowing}/chat/history", headers=bearer), 401, "unauthorized")


def test_where_no_page_may_say_it_nobody_is_believed(server: str) -> None:
    assert_error(begun(server, signed()), 401, "unauthorized")


def test_without_an_identity_everything_is_as_ever(knowing: str) -> None:
    for body in ({}, {"identity": None}):
        token = httpx.post(f"{knowing}/chat/session", json=body).json()["session"]
        assert Chat(knowing, token).says("I want to object")[-1]["asks"] == "full_name"


def test_a_message_cannot_say_who_somebody_is(knowing: str) -> None:
    chat = Chat(knowing)
    who = {"name": "Ana Silva", "email": "ana@example.org"}
    sent = {"id": "0123456789", "text": "I want to object", "identity": who,
            "metadata": {"identity": who}}
    assert chat.send(sent).json()["messages"][-1]["asks"] == "full_name"


def test_a_deleted_conversation_and_the_token_take_the_identity_along(knowing: str) -> None:
    chat = Chat(knowing, begun(knowing, signed()).json()["session"])
    chat.says("I want to object")
    assert chat.http.delete("/chat/session").status_code == 204
    assert chat.history() == []
