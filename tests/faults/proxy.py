"""A way to PostgreSQL that can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

_BLOCK = 65536


class Proxy:
    """Passes on what a database and its clients say, as a context.

    Args:
        url: of the database.
    """

    def __init__(self, url: str) -> None:
        self._to = make_url(url)
        # Under which the database knows who comes this way.
        self.name = f"proxy_{uuid.uuid4().hex}"
        self._is_cut = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the database by this way."""
        host, port = self._listening.getsockname()
        query = {key: value for key, value in self._to.query.items() if key != "host"}
        query["application_name"] = self.name
        here = self._to.set(host=host, port=port, query=query)
        return here.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Drop every connection, and every later one at once."""
        self._is_cut = True
        with self._lock:
            for one in self._open:
                _end(one)

    def mend(self) -> None:
        """Let them through again."""
        self._is_cut = False

    def __enter__(self) -> Proxy:
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.cut()
        _end(self._listening)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self._is_cut:
                client.close()
                continue
            server = _connected(self._to)
            with self._lock:
                self._open |= {client, server}
            if self._is_cut:
                self.cut()
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while block := one.recv(_BLOCK):
                other.sendall(block)
        except OSError:
            pass
        with self._lock:
            self._open -= {one, other}
        _end(one)
        _end(other)


def _connected(url: URL) -> socket.socket:
    host = url.host or str(url.query.get("host") or "")
    port = url.port or 5432
    if host and not host.startswith("/"):
        return socket.create_connection((host, port))
    folders = [host] if host else ["/var/run/postgresql", "/tmp"]
    (place, *_) = [
        path for folder in folders if (path := Path(folder) / f".s.PGSQL.{port}").exists()
    ]
    server = socket.socket(socket.AF_UNIX)
    server.connect(str(place))
    return server


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
