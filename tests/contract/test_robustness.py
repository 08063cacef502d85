"""Whatever is sent, the server answers, and goes on answering."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.contract.conftest import Chat, assert_error, fresh

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def still_answers(server: str) -> Iterator[None]:
    """After each of these tests a new person gets an answer."""
    yield
    assert Chat(server).says("when does it start")[-1]["topic"] == "faq/effective_date"


def test_a_lone_surrogate_is_no_text(chat: Chat) -> None:
    answer = chat.send_bytes(b'{"id": "%b", "text": "\\ud800"}' % fresh().encode())
    assert_error(answer, 422, "text_refused")


def test_a_lone_surrogate_within_a_text_is_left_out(chat: Chat) -> None:
    body = b'{"id": "%b", "text": "when does \\ud800 it start"}' % fresh().encode()
    assert chat.send_bytes(body).status_code == 200
    assert chat.said() == ["when does   it start"]


def test_a_surrogate_in_a_name_of_a_field_or_an_id_is_no_message(chat: Chat) -> None:
    assert_error(chat.send_bytes(b'{"id": "\\ud800aaaaaaaa", "text": "hello"}'), 400, "malformed")
    body = b'{"id": "%b", "button": "\\ud800"}' % fresh().encode()
    assert_error(chat.send_bytes(body), 400, "malformed")


def test_nul_and_other_control_characters_are_left_out(chat: Chat) -> None:
    controls = "".join(map(chr, range(32))) + "\x7f\x85"
    assert chat.says(f"when does {controls} it start")[-1]["topic"] == "faq/effective_date"
    (kept,) = chat.said()
    assert [char for char in kept if ord(char) < 32 or char in "\x7f\x85"] == ["\t", "\n"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 8_000,
        b'{"id":' + b"[" * 4_000 + b"]" * 4_000 + b"}",
        b'{"a":' * 1_200 + b"1" + b"}" * 1_200,
    ],
    ids=["open lists", "lists", "objects"],
)
def test_deeply_nested_json_is_malformed(chat: Chat, body: bytes) -> None:
    assert_error(chat.send_bytes(body), 400, "malformed")


def test_a_number_of_thousands_of_digits_is_malformed(chat: Chat) -> None:
    assert_error(chat.send_bytes(b'{"id": ' + b"9" * 8_000 + b"}"), 400, "malformed")


def test_a_megabyte_is_too_much(chat: Chat) -> None:
    assert_error(chat.send_bytes(b'{"text":"' + b"x" * 1_000_000 + b'"}'), 413, "too_large")


def test_text_that_looks_like_code_is_text(chat: Chat) -> None:
    for text in (
        "<script>alert(1)</script>",
        "'; DROP TABLE conversation_event; --",
        "{{7*7}} ${7*7} {0.__class__}",
        "0[",
        "\u202egnp.exe",
        "\ufeff\u200b",
        "\u0301" * 900,
    ):
        assert chat.says(text)
        assert chat.history()[-1]["from"] == "bot"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_json_in_another_encoding_is_read_or_refused_but_does_no_harm(
    chat: Chat, encoding: str
) -> None:
    body = json.dumps({"id": fresh(), "text": "hello"}).encode(encoding)
    assert chat.send_bytes(body).status_code in (200, 400)


def test_a_person_who_leaves_in_the_middle_leaves_no_half_turn(chat: Chat) -> None:
    message = {"id": fresh(), "text": "I want to object"}
    with chat.http.stream("POST", "/chat/messages", json=message):
        pass  # closed before the body was read

    assert chat.send(message).json()["messages"][-1]["asks"] == "full_name"
    assert chat.said() == ["I want to object"]


SESSION = "POST /chat/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SLIPPED_IN = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


def answered(server: str, request: str) -> list[bytes]:
    """The answers to bytes that need not be HTTP, each from its status on."""
    host, _, port = server.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received.split(b"HTTP/1.1 ")[1:]


def test_what_follows_a_body_in_chunks_is_not_answered(server: str) -> None:
    """A trailer would be read as a second request, and answered to whoever asks next."""
    head = f"{SESSION}Transfer-Encoding: chunked\r\n\r\n"
    assert len(answered(server, f"{head}2\r\n{{}}\r\n0\r\n{SLIPPED_IN}")) == 1


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: -1",
        "Content-Length: +2",
        "Content-Length: 0x2",
        "Content-Length: 1_0",
        "Content-Length: two",
        "Content-Length:",
        "Content-Length: 2, 2",
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 2\r\nContent-Length: 44",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Content-Length : 2",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding : chunked",
    ],
)
def test_a_body_of_which_the_end_is_not_clear_is_refused(server: str, framing: str) -> None:
    """A negative length was read for ever, and nobody was answered again; of what two readers count
    differently the rest is a request that nobody sent."""
    (answer,) = answered(server, f"{SESSION}{framing}\r\n\r\n{{}}{SLIPPED_IN}")
    assert answer.startswith(b"400 ")
    assert b'"error":"malformed"' in answer


@pytest.mark.parametrize(
    "size", ["0x2", "+2", "-2", "2_", "0_2", " 2", "", "\t2", "2 x", "g", "000000002", "\x002"]
)
def test_a_chunk_whose_length_can_be_read_in_two_ways_is_refused(server: str, size: str) -> None:
    head = f"{SESSION}Transfer-Encoding: chunked\r\n\r\n"
    (answer,) = answered(server, f"{head}{size}\r\n{{}}\r\n0\r\n\r\n{SLIPPED_IN}")
    assert answer.startswith(b"400 ")
    assert b'"error":"malformed"' in answer


def test_a_chunk_that_is_longer_than_it_says_is_refused(server: str) -> None:
    head = f"{SESSION}Transfer-Encoding: chunked\r\n\r\n"
    (answer,) = answered(server, f"{head}1\r\n{{}}\r\n0\r\n\r\n")
    assert answer.startswith(b"400 ")


@pytest.mark.parametrize("chunks", ["1\r\n{\r\n1 ;x=y\r\n}\r\n0\r\n\r\n", "2\r\n{}\r\n00\r\n\r\n"])
def test_a_body_in_chunks_is_read(server: str, chunks: str) -> None:
    (answer,) = answered(server, f"{SESSION}Transfer-Encoding: chunked\r\n\r\n{chunks}")
    assert answer.startswith(b"201 ")


LIVE = "GET /health/live HTTP/1.1\r\n"


@pytest.mark.parametrize(
    "head",
    [
        LIVE,
        f"{LIVE}Accept: */*\r\n",
        f"{LIVE}Host: x\r\nHost: x\r\n",
        f"{LIVE}Host: x y\r\n",
        f"{LIVE}Host: x/\r\n",
        f"{LIVE}Host: a@x\r\n",
        f"{LIVE}Host: x:port\r\n",
        f"{LIVE}Host: x\r\nX: a\x00b\r\n",
        f"{LIVE}Host: x\r\nX: a\nY: b\r\n",
        f"{LIVE}Host: x\r\nX: a\rY: b\r\n",
        f"{LIVE}Host: x\r\nX: a\x7f\r\n",
        f"{LIVE}Host: x\r\nX\x00: a\r\n",
        "G\x00T /health/live HTTP/1.1\r\nHost: x\r\n",
        "GET /health/\x00live HTTP/1.1\r\nHost: x\r\n",
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(server: str, head: str) -> None:
    (answer,) = answered(server, f"{head}\r\n")
    assert answer.startswith(b"400 ")
    assert b'"error":"malformed"' in answer


@pytest.mark.parametrize(
    "head",
    [
        f"{LIVE}Host:\r\n", f"{LIVE}Host: help.example:8443\r\n", f"{LIVE}Host: [::1]:5005\r\n",
        f"{LIVE}host: a_b.xn--bcher-kva.example \r\nX: a\tb\r\nY: \xe9\r\n",
        "GET /health/live HTTP/1.0\r\n",
    ],
)
def test_a_head_that_is_clear_is_answered(server: str, head: str) -> None:
    (answer,) = answered(server, f"{head}Connection: close\r\n\r\n")
    assert answer.startswith(b"200 ")


@pytest.mark.parametrize("line", ["GET http:// HTTP/1.1", "GET : HTTP/1.1", "GET x HTTP/1.1"])
def test_an_address_that_cannot_be_read_is_refused(server: str, line: str) -> None:
    (answer,) = answered(server, f"{line}\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith((b"400 ", b"404 "))
