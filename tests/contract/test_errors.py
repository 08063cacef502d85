"""Every error has its status, a code and a plain sentence."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import jwt
import pytest

from tests.contract.conftest import EVENTS, JSON, Chat, assert_error, fresh

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("body", [b"", b"{", b"text", b"null", b"[]", b"1", b'"hello"', b"\xff"])
def test_what_is_no_json_object_is_malformed(chat: Chat, body: bytes) -> None:
    assert_error(chat.send_bytes(body), 400, "malformed")
    answer = chat.http.post(
        "/chat/session", content=body, headers={"Content-Type": "application/json"}
    )
    assert_error(answer, 400, "malformed")


@pytest.mark.parametrize(
    "message_id", [None, "", "short", 12345678, ["12345678"], "x" * 65, "has space 1", "dots.0.0.0"]
)
def test_a_message_without_a_proper_id_is_malformed(chat: Chat, message_id: Any) -> None:
    assert_error(chat.send({"id": message_id, "text": "hello"}), 400, "malformed")


def test_a_message_that_names_no_id_is_malformed(chat: Chat) -> None:
    assert_error(chat.send({"text": "hello"}), 400, "malformed")


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": "hello", "button": "hello"},
        {"text": None, "button": None},
        {"text": 1},
        {"text": ["hello"]},
        {"text": {"text": "hello"}},
        {"button": 1},
        {"button": ""},
        {"button": "x" * 81},
        {"button": "/affirm"},
    ],
)
def test_a_message_is_either_a_text_or_a_button(chat: Chat, content: dict[str, Any]) -> None:
    assert_error(chat.send({"id": fresh(), **content}), 400, "malformed")


def test_an_unknown_button_is_an_error(chat: Chat) -> None:
    assert_error(chat.send({"id": fresh(), "button": "never-offered"}), 400, "unknown_button")


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def _forged(token: str) -> dict[str, str]:
    header, claims, signature = token.split(".")
    read = jwt.decode(token, options={"verify_signature": False})
    other = _part({**read, "sub": "0" * 40})
    return {
        "garbage": "Bearer garbage",
        "empty": "Bearer",
        "another scheme": f"Basic {token}",
        "no scheme": token,
        "another's id": f"Bearer {header}.{other}.{signature}",
        "cut off": f"Bearer {token[:-4]}",
        "unsigned": f"Bearer {header}.{claims}.",
        "alg none": f"Bearer {_part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "a key of one's own": "Bearer " + jwt.encode(read, "k" * 40, "HS256"),
        "too many parts": f"Bearer {token}.{signature}",
    }


CALLS = [("POST", "/chat/messages"), ("GET", "/chat/history"), ("DELETE", "/chat/session")]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_token_of_this_server_nothing_is_answered(
    server: str, chat: Chat, method: str, path: str
) -> None:
    chat.says("hello")
    before = chat.history()
    body = {"id": fresh(), "text": "hello"} if method == "POST" else None
    url = server + path
    assert_error(httpx.request(method, url, json=body), 401, "unauthorized")
    for what, authorization in _forged(chat.token).items():
        headers = {"Authorization": authorization}
        answer = httpx.request(method, url, json=body, headers=headers)
        assert answer.status_code == 401, what
        assert_error(answer, 401, "unauthorized")
    assert chat.history() == before


@pytest.mark.parametrize("size", [8_193, 9_000, 100_000])
def test_more_than_8_kilobytes_are_too_much(chat: Chat, size: int) -> None:
    assert_error(chat.send_bytes(b" " * size), 413, "too_large")


def test_8_kilobytes_are_not_too_much(chat: Chat) -> None:
    body = json.dumps({"id": fresh(), "text": "hello"}).encode()
    assert chat.send_bytes(body + b" " * (8_192 - len(body))).status_code == 200


def test_a_body_in_pieces_is_measured_too(chat: Chat) -> None:
    pieces = (b" " * 1_000 for _ in range(20))
    answer = chat.http.post("/chat/messages", content=pieces, headers={"Content-Type": JSON})
    assert_error(answer, 413, "too_large")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/jsonp", "text/json"],
)
def test_only_json_is_taken(chat: Chat, content_type: str) -> None:
    body = json.dumps({"id": fresh(), "text": "hello"}).encode()
    assert_error(chat.send_bytes(body, content_type), 415, "not_json")


def test_a_charset_beside_json_is_fine(chat: Chat) -> None:
    body = json.dumps({"id": fresh(), "text": "hello"}).encode()
    assert chat.send_bytes(body, "Application/JSON; charset=utf-8").status_code == 200


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t  \r\n", "/", "///", "\u0000", "x" * 1_001],
    ids=["nothing", "a blank", "blanks", "a slash", "slashes", "NUL", "long"],
)
@pytest.mark.parametrize("accept", [JSON, EVENTS])
def test_an_empty_or_a_very_long_text_is_refused_and_not_kept(
    chat: Chat, text: str, accept: str
) -> None:
    answer = chat.send({"id": fresh(), "text": text}, accept)
    assert_error(answer, 422, "text_refused")
    assert chat.history() == []


def test_a_thousand_characters_of_any_kind_are_taken(chat: Chat) -> None:
    for text in ("x" * 1_000, "ß" * 1_000, "😀" * 1_000):
        assert chat.send({"id": fresh(), "text": text}).status_code == 200


def test_an_address_that_is_not_there(server: str) -> None:
    assert_error(httpx.get(f"{server}/chat/nothing"), 404, "not_found")


def test_a_method_that_an_address_does_not_take(server: str) -> None:
    assert_error(httpx.put(f"{server}/chat/session", json={}), 405, "method_not_allowed")
