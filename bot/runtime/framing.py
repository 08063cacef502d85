"""Where a request ends: refuses what could be read in two ways, or never to its end.

Sanic 21.12 takes `Content-Length: -1` for a body that goes on for ever and reads it without a
pause, so that one request stops the whole server; and what it counts differently from a proxy in
front of it would be answered to somebody else. RFC 9112, section 6.3, says what to refuse.
"""

from __future__ import annotations

import re
from typing import Any

from sanic import Request, Sanic
from sanic.exceptions import InvalidUsage
from sanic.headers import HeaderIterable

__all__ = ["FramedRequest", "end_after_chunks"]

_DIGITS = re.compile(r"[0-9]{1,18}")
# RFC 9110, section 5.6.2: a token. A name with a blank before its colon is no other name.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


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
        if not all(_NAME.fullmatch(name) for name in self.headers):
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
