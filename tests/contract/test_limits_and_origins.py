"""Too many requests are slowed down, and pages of others may not use the chat."""

from __future__ import annotations

import httpx
import pytest

from tests.contract.conftest import EVENTS, HELP_CENTER, Guarded, assert_error, fresh

pytestmark = pytest.mark.slow


def _waits_up_to_a_minute(answer: httpx.Response) -> bool:
    return 1 <= int(answer.headers["retry-after"]) <= 60


def test_too_many_new_sessions_of_an_address_have_to_wait(guarded: Guarded) -> None:
    assert_error(guarded.refusal, 429, "too_many")
    assert _waits_up_to_a_minute(guarded.refusal)


def test_too_many_messages_of_a_conversation_have_to_wait(guarded: Guarded) -> None:
    chat = guarded.chat()
    for _ in range(3):
        chat.says("hello")
    before = chat.history()

    for accept in ("application/json", EVENTS):
        refused = chat.send({"id": fresh(), "text": "hello"}, accept)
        assert_error(refused, 429, "too_many")
        assert _waits_up_to_a_minute(refused)
    assert chat.history() == before


def test_one_conversation_does_not_use_up_the_limit_of_another(guarded: Guarded) -> None:
    busy, calm = guarded.chat(), guarded.chat()
    for _ in range(4):
        refused = busy.send({"id": fresh(), "text": "hello"})
    assert refused.status_code == 429
    assert calm.says("hello")


FOREIGN = ["https://evil.example", "null", "", "http://help.example", "https://help.example.org",
           "https://help.example:444", "https://HELP.example.evil"]


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/chat/session"), ("POST", "/chat/messages"), ("GET", "/chat/history"),
     ("DELETE", "/chat/session"), ("OPTIONS", "/chat/messages")],
)
def test_a_page_of_another_origin_is_turned_away(
    guarded: Guarded, origin: str, method: str, path: str
) -> None:
    headers = {"Origin": origin, "Authorization": f"Bearer {guarded.tokens[0]}"}
    body = {} if method == "POST" else None
    answer = httpx.request(method, guarded.address + path, json=body, headers=headers)

    assert_error(answer, 403, "foreign_origin")
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_this_server_may_use_the_chat_without_being_listed(server: str) -> None:
    answer = httpx.post(f"{server}/chat/session", json={}, headers={"Origin": server})
    assert answer.status_code == 201


def test_a_program_without_an_origin_may_use_the_chat(server: str) -> None:
    assert httpx.post(f"{server}/chat/session", json={}).status_code == 201


def test_a_listed_page_may_read_the_answers(guarded: Guarded) -> None:
    chat = guarded.chat()
    chat.http.headers["Origin"] = HELP_CENTER
    question = {"id": fresh(), "text": "hello"}
    answers = [
        chat.http.get("/chat/history"),
        chat.send(question),
        chat.send(question, EVENTS),
        # Its errors too: a page has to know what went wrong.
        chat.send({"id": fresh(), "text": "hello", "button": "hello"}),
        httpx.get(f"{guarded.address}/chat/history", headers={"Origin": HELP_CENTER}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 400, 401]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == HELP_CENTER
        assert answer.headers["vary"] == "Origin"
        # Never with cookies: a token in a header is all that counts.
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/chat/session", "/chat/messages", "/chat/history"])
def test_a_listed_page_may_ask_first_what_it_may_send(guarded: Guarded, path: str) -> None:
    headers = {
        "Origin": HELP_CENTER,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = httpx.options(guarded.address + path, headers=headers)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == HELP_CENTER
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    assert answer.headers["access-control-expose-headers"] == "retry-after"
