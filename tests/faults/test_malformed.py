"""Thousands of requests that are no requests, or not quite: each gets its answer, none is a fault
of ours, and the service goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.runtime.http_errors import ERRORS
from bot.runtime.openapi import MAX_BODY
from tests.conftest import Server
from tests.faults.conftest import Start
from tests.faults.wire import Answer, CutOff, Wire, request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

# Requests in all, and in one example; each example is one connection, for as long as that holds.
EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "10000"))
TOGETHER = 25
# What the server may say to what a client sends, and never that something went wrong here.
MAY_SAY = {200, 201, 204} | {status for status, _ in ERRORS.values() if status < 500}


@dataclass(frozen=True, repr=False)
class Sent:
    """Bytes for a connection.

    Attributes:
        data: the request.
        method: of it.
        is_whole: whether it is clear where it ends, so that another may follow it.
        is_cut: whether the client leaves before its end, without an answer.
    """

    data: bytes
    method: str = "GET"
    is_whole: bool = True
    is_cut: bool = False

    def __repr__(self) -> str:
        return f"{self.data[:200]!r}{' and left' if self.is_cut else ''}"


METHODS = ("GET", "POST", "DELETE", "OPTIONS", "PUT", "PATCH", "HEAD")
CHAT = ("/chat/session", "/chat/messages", "/chat/history", "/chat/receipts/OBJ-1.pdf")
PATHS = (*CHAT, "/health/live", "/health/ready", "/", "/widget.js", "/receipt-key.json")
ODD = "\ud800", "\x00", "\u202e", "\ufeff", "a" * 65, "'; --", "/", "/greet", "\U0001f600", ""

any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(("id", "text", "button", "x", "")), inner, max_size=3),
    max_leaves=6,
)
good_id = st.uuids().map(str)
# A message with one thing wrong: its id, its text, its button, or having both or none.
message = st.one_of(
    st.fixed_dictionaries({"id": any_json, "text": st.just("hello")}),
    st.fixed_dictionaries({"id": good_id, "text": any_json.filter(lambda x: type(x) is not str)}),
    st.fixed_dictionaries({"id": good_id, "text": st.sampled_from(("", " ", "/", "x" * 1001))}),
    st.fixed_dictionaries({"id": good_id, "button": any_json}),
    st.fixed_dictionaries({"id": good_id, "text": st.just("hello"), "button": any_json}).filter(
        lambda body: body["button"] is not None
    ),
    st.fixed_dictionaries({"id": good_id}),
)
nested = st.builds(
    lambda part, end, times: part * times + end * times,
    st.sampled_from((b"[", b'{"a":', b'[{"id":')),
    st.sampled_from((b"", b"]")),
    st.sampled_from((10, 900, 1100)),
)
odd_body = st.sampled_from((
    b'{"id":' + b"9" * 8000 + b"}", b'{"id":"12345678","text":"\\ud800"}', b"\xff\xfe{}", b"",
    b'{"id":"12345678","text":"hello"', b"\x00", b"null", b"NaN", b'{"id":1e999}', b"x" * 8193,
    b'{"text":"' + b"x" * 1_000_000 + b'"}',
))
body = st.one_of(
    message.map(lambda value: json.dumps(value).encode()),
    any_json.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=40),
    nested,
    odd_body,
)
content_type = st.sampled_from((
    "application/json", "application/json", "application/json; charset=utf-8", "text/plain", "",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json, x",
    "multipart/form-data", "APPLICATION/JSON", ";", "application/jsonx",
))
# For the head of a request: no end of a line in it.
visible = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=12)
name = st.text("abcdefghijklmnopqrstuvwxyz-_ ()\t\x00\x7fé", min_size=1, max_size=9)
length = st.sampled_from(
    ("-1", "+5", "0x10", "1e3", "5, 5", "5 5", "", "१", "9" * 19, "99999999", "1", "0")
)


PARTS = ("call", "session", "scheme", "type", "accept", "origin", "body", "body", "body")


@st.composite
def contract(draw: st.DrawFn, token: str) -> Sent:
    """A message of the contract, or a call of another address, with a thing or two that are wrong:
    with more than that the first would hide the others."""
    wrong = draw(st.sets(st.sampled_from(PARTS), min_size=1, max_size=2))
    method, path = "POST", draw(st.sampled_from(("/chat/messages", "/chat/messages", *CHAT)))
    headers = {"authorization": f"Bearer {token}", "content_type": "application/json"}
    content = b'{"id": "always-the-same", "text": "hello"}'
    if "call" in wrong:
        method = draw(st.sampled_from(METHODS))
        path = draw(st.sampled_from(PATHS) | visible.map(lambda text: f"/chat/receipts/{text}"))
    if "session" in wrong or (method, path) == ("DELETE", "/chat/session"):
        # The conversation itself is needed until the end.
        session = draw(st.sampled_from(
            (token[:-2], f"{token}x", "", "a.b.c", token.swapcase(), "\x7f", "é")
        ))
        headers["authorization"] = f"Bearer {session}"
    if "scheme" in wrong:
        scheme = draw(st.sampled_from(("bearer ", "Basic ", "", "Bearer  x ", "\x00")))
        headers["authorization"] = headers["authorization"].replace("Bearer ", scheme)
    if "type" in wrong:
        headers["content_type"] = draw(content_type)
    if "accept" in wrong:
        headers["accept"] = draw(st.sampled_from(("text/event-stream", "", "\x00", "*/*")))
    if "origin" in wrong:
        headers["origin"] = draw(visible)
    if "body" in wrong:
        content = draw(body)
    elif method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        content = b""
    # Sanic reads no more than it has to, and closes without having said that it would.
    is_whole = len(content) <= MAX_BODY
    return Sent(request(method, path, content, **headers), method, is_whole)


@st.composite
def broken_head(draw: st.DrawFn) -> Sent:
    """A head that cannot be read, or can be read in two ways."""
    line = draw(st.one_of(
        st.sampled_from((
            "GET / HTTP/1.1", "POST /chat/session HTTP/1.1", "GET  / HTTP/1.1", "GET / HTTP/2",
            "GET /", "", "G\x00T / HTTP/1.1", "GET /%ff%00 HTTP/1.1", "GET //x/../.. HTTP/1.1",
            "GET http://[::1 HTTP/1.1", "GET * HTTP/1.1", "POST /chat/messages HTTP/1.0",
        )),
        st.builds("{} {} HTTP/1.1".format, visible, visible),
        st.binary(max_size=30).map(lambda raw: raw.decode("latin-1").replace("\n", "")),
    ))
    lines = draw(st.lists(st.one_of(
        st.builds("{}: {}".format, name, visible),
        length.map("Content-Length: {}".format),
        st.sampled_from((
            "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "no colon", ": x",
            "Transfer-Encoding: identity", "Expect: 100-continue", "Connection: upgrade", "Host:",
            "Upgrade: websocket", "Cookie: " + "a" * 4000, "X: " + "a" * 9000,
        )),
    ), max_size=4))
    data = "\r\n".join([line, *lines, "", ""]).encode("utf-8", "surrogateescape")
    # A body that every length above is long enough for, or nothing that could be a length.
    return Sent(data + b"0\r\n\r\n" + b"{}" * 20, line.partition(" ")[0], is_whole=False)


@st.composite
def cut_off(draw: st.DrawFn, token: str) -> Sent:
    """The beginning of a good message; its sender leaves."""
    whole = request(
        "POST", "/chat/messages", b'{"id": "12345678-abc", "text": "hello"}',
        authorization=f"Bearer {token}", content_type="application/json",
    )
    return Sent(whole[: draw(st.integers(0, len(whole) - 1))], is_whole=False, is_cut=True)


@pytest.fixture(scope="module")
def server(begin: Start) -> Server:
    """A server that nothing else is sent to."""
    return begin()


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """The token of one conversation."""
    wire = Wire(server.port)
    answer = wire.ask(request("POST", "/chat/session", b"{}", content_type="application/json"))
    wire.close()
    return str(json.loads(answer.body)["session"])


@pytest.fixture
def goes_on(server: Server, token: str) -> Iterator[None]:
    """Afterwards the same process answers a person, and has logged no fault of its own."""
    yield
    wire = Wire(server.port)
    words = json.dumps({"id": "after-it-all", "text": "when does it start"}).encode()
    answer = wire.ask(request(
        "POST", "/chat/messages", words,
        authorization=f"Bearer {token}", content_type="application/json",
    ))
    wire.close()
    assert json.loads(answer.body)["messages"][-1]["topic"] == "faq/effective_date"
    assert server.process.poll() is None
    errors = [line for line in server.log.read_text("utf-8").splitlines() if " error=" in line]
    assert errors == []


@pytest.mark.usefixtures("goes_on")
def test_whatever_is_sent_is_answered_and_is_nobodys_fault_but_the_senders(
    server: Server, token: str
) -> None:
    some = st.one_of(
        contract(token), contract(token), contract(token), broken_head(), cut_off(token)
    )

    @settings(
        max_examples=max(1, EXAMPLES // TOGETHER),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(some, min_size=TOGETHER, max_size=TOGETHER))
    def send(requests: list[Sent]) -> None:
        _send_all(server.port, requests)

    send()


def _send_all(port: int, requests: list[Sent]) -> None:
    wire = Wire(port)
    for one in requests:
        if one.is_cut:
            wire.send(one.data)
            answer = None
        else:
            try:
                answer = wire.ask(one.data, head_only=one.method.upper() == "HEAD")
                _assert_is_one_of_the_contract(answer)
            except CutOff:
                # Refused before it was read to its end.
                assert not one.is_whole
                answer = None
        if answer is None or answer.is_last or not one.is_whole:
            wire.close()
            wire = Wire(port)
    wire.close()


def _assert_is_one_of_the_contract(answer: Answer) -> None:
    assert answer.status in MAY_SAY, answer
    if answer.status >= 400 and answer.body:
        error: dict[str, Any] = json.loads(answer.body)
        assert set(error) == {"error", "message"}
        assert ERRORS[error["error"]][0] == answer.status
