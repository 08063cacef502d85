"""Too many requests are slowed down, and pages of others may not use the chat."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import serving
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


@pytest.fixture(scope="module")
def narrow(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that bears little from one address; each test has an address of its own."""
    limits = {
        "RATE_LIMIT": "5/hour", "SESSION_RATE_LIMIT": "20/hour", "ADDRESS_RATE_LIMIT": "12/hour",
        "REQUEST_RATE_LIMIT": "40/hour",
    }
    with serving(tmp_path_factory.mktemp("narrow"), **limits) as address:
        yield address


def of(address: str, server: str) -> httpx.Client:
    """A client that connects from this address of this machine."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=server, transport=transport, timeout=30)


def begins(client: httpx.Client) -> dict[str, str]:
    """The headers of a new conversation."""
    return {"Authorization": f"Bearer {client.post('/chat/session', json={}).json()['session']}"}


def _has_to_wait(answer: httpx.Response) -> bool:
    assert_error(answer, 429, "too_many")
    return 1 <= int(answer.headers["retry-after"]) <= 3600


def test_a_history_is_read_so_often_and_the_conversation_goes_on(narrow: str) -> None:
    with of("127.0.0.2", narrow) as client:
        ana = begins(client)
        reads = [client.get("/chat/history", headers=ana) for _ in range(6)]
        assert [answer.status_code for answer in reads] == [200] * 5 + [429]
        assert _has_to_wait(reads[-1])
        assert _has_to_wait(client.get("/chat/receipts/OBJ-1.pdf", headers=ana))
        said = client.post("/chat/messages", json={"id": fresh(), "text": "hello"}, headers=ana)
        assert said.status_code == 200


def test_messages_of_all_conversations_of_an_address_count_together(narrow: str) -> None:
    def say(client: httpx.Client, who: dict[str, str]) -> httpx.Response:
        body = {"id": fresh(), "button": "hello"}
        return client.post("/chat/messages", json=body, headers=who)

    with of("127.0.0.3", narrow) as client, of("127.0.0.4", narrow) as other:
        people = [begins(client) for _ in range(5)]
        answers = [say(client, who) for who in people for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 12 + [429] * 3
        assert _has_to_wait(answers[-1])
        assert _has_to_wait(client.get("/chat/history", headers=people[-1]))
        assert say(other, begins(other)).status_code == 200


EVERYTHING = [
    ("GET", "/health/ready"), ("GET", "/health/live"), ("GET", "/"), ("GET", "/widget.js"),
    ("GET", "/receipt-key.json"), ("GET", "/chat/history"), ("DELETE", "/chat/session"),
    ("OPTIONS", "/chat/history"), ("GET", "/nothing/there"), ("PUT", "/chat/session"),
]


def test_whatever_an_address_asks_for_it_is_answered_so_often(narrow: str) -> None:
    with of("127.0.0.5", narrow) as client, of("127.0.0.6", narrow) as other:
        answers = [client.request(*call).status_code for call in EVERYTHING for _ in range(4)]
        assert 429 not in answers
        for call in EVERYTHING:
            assert _has_to_wait(client.request(*call))
        assert other.get("/health/ready").status_code == 200


def test_what_is_no_request_counts_too(narrow: str) -> None:
    host, _, port = narrow.removeprefix("http://").partition(":")
    statuses = []
    for _ in range(42):
        with socket.create_connection((host, int(port)), 30, ("127.0.0.7", 0)) as connection:
            connection.sendall(b"no request\r\n\r\n")
            statuses.append(connection.recv(65536).split(b" ")[1])
    assert statuses == [b"400"] * 40 + [b"429"] * 2


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
