"""Where a request ends, and by when: refuses what could be read in two ways, or never to its end.

Sanic 21.12 takes `Content-Length: -1` for a body that goes on for ever and reads it without a
pause, so that one request stops the whole server; and what it counts differently from a proxy in
front of it would be answered to somebody else. RFC 9112, sections 3.2, 6.3 and 7.1, and RFC 9110,
section 5.5, say what to refuse. Its times begin anew with each byte, so that who sends one now and
then keeps a connection for as long as they like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sanic import Request, Sanic
from sanic.exceptions import InvalidUsage, RequestTimeout
from sanic.headers import HeaderIterable
from sanic.http import Http
from sanic.server import HttpProtocol

from bot import patterns
from bot.runtime.http_errors import ChatError
from bot.runtime.limits import ConnectionLimit
from bot.runtime.proxies import Networks, counted_as, is_of

__all__ = ["FramedRequest", "connections_of", "end_after_chunks"]

_DIGITS = patterns.compile(r"[0-9]{1,18}")
# RFC 9110, section 5.6.2: a token. A name with a blank before its colon is no other name.
_NAME = patterns.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# A blank may be a tab; every other control character is read differently by different readers.
_NOT_A_VALUE = patterns.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# RFC 3986, section 3.2.2, without what is escaped.
_HOST = patterns.compile(r"[0-9A-Za-z._~!$&'()*+,;=-]*(?::[0-9]*)?|\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")
# RFC 9112, section 7.1. Python's own reading of a number takes 0x2, +2, 2_0 and a blank too.
_CHUNK = patterns.compile(r"[0-9A-Fa-f]{1,8}[ \t]*")
# Bytes of the line that tells how long a chunk is, as in Sanic.
_CHUNK_LINE = 64


class FramedRequest(Request):
    """A request of which it is clear where its body ends; for `Sanic(request_class=...)`.

    Raises:
        InvalidUsage: it is not clear, or the address cannot be read.
    """

    def __init__(
        self, url_bytes: bytes, headers: HeaderIterable, *args: Any, **kwargs: Any
    ) -> None:
        try:
            super().__init__(url_bytes, headers, *args, **kwargs)
        except Exception as error:
            if headers:
                raise InvalidUsage("Bad Request") from error
            # What Sanic makes to answer an error with has no headers, and the same address again.
            super().__init__(b"*", headers, *args, **kwargs)
        # What Sanic makes to answer an error with has no head.
        if self.head:
            self._check()

    def _check(self) -> None:
        names = [self.method, *self.headers]
        if not all(_NAME.fullmatch(name) for name in names):
            raise InvalidUsage("Bad Request")
        if any(_NOT_A_VALUE.search(value) for value in self.headers.values()):
            raise InvalidUsage("Bad Request")
        hosts = self.headers.getall("host", [])
        if len(hosts) > 1 or (self.version == "1.1" and not hosts):
            raise InvalidUsage("Bad Request")
        if hosts and not _HOST.fullmatch(hosts[0].strip(" \t")):
            raise InvalidUsage("Bad Request")
        lengths = self.headers.getall("content-length", [])
        codings = self.headers.getall("transfer-encoding", [])
        if len(lengths) + len(codings) > 1:
            raise InvalidUsage("Bad Request")
        if lengths and not _DIGITS.fullmatch(lengths[0].strip(" \t")):
            raise InvalidUsage("Bad Request")
        if codings and codings[0] != "chunked":
            raise InvalidUsage("Bad Request")


def end_after_chunks(app: Sanic) -> None:
    """Answer nothing more on a connection that has sent a body in chunks.

    Sanic takes what follows the last chunk, a trailer for instance, for the next request. Behind a
    proxy that shares its connections one client could slip in a request of another.
    """

    @app.on_request
    async def last_one(request: Request) -> None:
        if "transfer-encoding" in request.headers:
            request.stream.keep_alive = False


class _Timed(Http):
    """Sanic's reader of requests, which tells its connection when one begins and is all there."""

    async def http1_request_header(self) -> None:
        self.protocol.request_begins()
        await super().http1_request_header()
        if not self.request_body:
            self.protocol.request_is_here()

    async def read(self) -> bytes | None:
        if self.request_body == "chunked" and not self.request_bytes_left:
            await self._check_chunk()
        data: bytes | None = await super().read()
        if not self.request_body:
            self.protocol.request_is_here()
        return data

    async def _check_chunk(self) -> None:
        """Refuse a chunk whose length could be read in two ways. Its line stays to be read."""
        # The break before it is that of the chunk before, or of the head.
        while (end := self.recv_buffer.find(b"\r\n", 2)) < 0:
            if len(self.recv_buffer) > _CHUNK_LINE:
                break
            await self._receive_more()
        size, _, _ = self.recv_buffer[2:end].decode("latin-1").partition(";")
        if end < 0 or self.recv_buffer[:2] != b"\r\n" or not _CHUNK.fullmatch(size):
            self.keep_alive = False
            # None of what follows is read.
            self.request_body = None
            raise InvalidUsage("Bad chunked encoding")


def connections_of(
    limit: ConnectionLimit, trusted: Sequence[Networks], request_s: float
) -> type[HttpProtocol]:
    """A class of connections, for `Sanic.run(protocol=...)`.

    Args:
        limit: how many there may be; one more is answered 429 and ended.
        trusted: proxies, through which many come; they are counted with all only.
        request_s: seconds from the first byte of a request to the last one of its body.
    """

    class Connection(HttpProtocol):
        # Sanic's metaclass gives no class attributes that it does not name.
        __slots__ = ("__dict__",)

        _time: float
        _http: Any

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self._http = None
            self._deadline: asyncio.TimerHandle | None = None
            self._leave: Callable[[], None] | None = None

        def connection_made(self, transport: Any) -> None:
            peer = transport.get_extra_info("peername")
            address = peer[0] if isinstance(peer, tuple) else ""
            who = None if not address or is_of(address, trusted) else counted_as(address)
            if not limit.enter(who):
                transport.write(_one_too_many())
                transport.close()
                return
            self._leave = lambda: limit.leave(who)
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            self.request_is_here()
            if self._leave is not None:
                self._leave()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._leave is None:
                return
            # What comes while an answer is made or written is no sign that it is read.
            at = self._time if self._http else None
            super().data_received(data)
            if at is not None:
                self._time = at

        def _setup_connection(self) -> None:
            super()._setup_connection()
            self._http = _Timed(self)

        def request_begins(self) -> None:
            """The first byte of a request is here."""
            self.request_is_here()
            self._deadline = self.loop.call_later(request_s, self._too_slow)

        def request_is_here(self) -> None:
            """The last byte of it is here, or nothing more of it will be read."""
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _too_slow(self) -> None:
            self._deadline = None
            if self._task and self._http is not None:
                self._http.exception = RequestTimeout("Request Timeout")
                # Or the rest would be waited for once that is answered.
                self._http.request_body = None
                self._task.cancel()

    return Connection


def _one_too_many() -> bytes:
    error = ChatError("too_many", retry_after=5)
    answer = error.response()
    head = [
        f"HTTP/1.1 {error.status} Too Many Requests",
        f"Retry-After: {error.retry_after}",
        "Content-Type: application/json",
        f"Content-Length: {len(answer.body or b'')}",
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode("ascii") + (answer.body or b"")
