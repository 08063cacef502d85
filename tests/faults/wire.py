"""HTTP as bytes on a connection, for what no client library would send."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass


class Ended(Exception):
    """The server ended the connection before a whole answer had come."""


class CutOff(Exception):
    """The server did not read all that was sent, and ended the connection: what it had answered may
    be lost on the way, as TCP is made."""


@dataclass(frozen=True)
class Answer:
    """One answer; the names of `headers` are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_last(self) -> bool:
        """Whether the connection ends with it."""
        return self.headers.get("connection") == "close"


class Wire:
    """One connection to a server on this machine; nothing on it may take longer than a minute.

    Args:
        port: where the server listens.
        receive_buffer: bytes that the system takes in for a client that does not read; None leaves
            it as it is.
    """

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self._connection = socket.socket()
        if receive_buffer is not None:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._connection.settimeout(60)
        self._connection.connect(("127.0.0.1", port))
        self._read = b""

    def send(self, data: bytes) -> None:
        """Send bytes as they stand."""
        self._connection.sendall(data)

    def ask(self, request: bytes, *, head_only: bool = False) -> Answer:
        """Send one request and read its answer, which has no body with `head_only`.

        Raises Ended, CutOff.
        """
        # Who is refused in the middle of sending may still read why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send(request)
        while True:
            head = self._until(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            status = int(first.split(" ")[1])
            if status != 100:
                break
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        if head_only or status in (204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        else:
            body = self._bytes(int(headers["content-length"]))
        return Answer(status, headers, body)

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while block := self._connection.recv(65536):
            self._read += block
        return self._read

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._bytes(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _until(self, end: bytes) -> bytes:
        while end not in self._read:
            self._more()
        found, _, self._read = self._read.partition(end)
        return found

    def _bytes(self, number: int) -> bytes:
        while len(self._read) < number:
            self._more()
        found, self._read = self._read[:number], self._read[number:]
        return found

    def _more(self) -> None:
        try:
            block = self._connection.recv(65536)
        except ConnectionResetError as error:
            raise CutOff from error
        if not block:
            raise Ended
        self._read += block


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it should be; `content_type="…"` becomes the header `content-type`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: chat"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + body
