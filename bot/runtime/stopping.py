"""How the web server comes to rest: nobody is cut off, nobody who only listens is waited for."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from sanic import Request, Sanic
from sanic.response import BaseHTTPResponse

__all__ = ["Connections", "ignore_further_signals"]


class Connections:
    """The open connections of a server. Sanic 21.12 closes those that are idle when it stops; one
    on which an answer is still being written would be kept open for its next request."""

    def __init__(self, app: Sanic) -> None:
        # Sanic's own set, known from the first request on; before that there is none to end.
        self._open: set[Any] = set()
        self._are_ending = False

        @app.on_request
        async def note(request: Request) -> None:
            self._open = request.stream.protocol.connections

        @app.on_response
        async def say_it_is_the_last(request: Request, _response: BaseHTTPResponse) -> None:
            if self._are_ending and request is not None and request.stream is not None:
                request.stream.keep_alive = False

    def end(self) -> None:
        """From now on a connection ends with the answer that is next on it."""
        self._are_ending = True
        for connection in self._open:
            # Where an answer is half written, its head has been sent already.
            if connection._http:
                connection._http.keep_alive = False


def ignore_further_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Once it has begun, let nothing interrupt the stop: it takes a limited time anyway."""
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, lambda: None)
