"""A transaction of the record that breaks, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from bot.app import Application


@contextmanager
def breaking_when(application: Application, where: str, begins: str) -> Iterator[None]:
    """Let the next transaction with a statement that begins so break once.

    `where`: "writing" fails the statement, "committing" loses the commit, "answering" commits and
    loses the database's answer to it.
    """
    engine = application.database.engine
    commit = engine.dialect.do_commit
    writers: list[Any] = []

    def on_execute(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if statement.startswith(begins) and not writers:
            writers.append(connection.connection.dbapi_connection)
            if where == "writing":
                raise sqlite3.OperationalError("disk I/O error")

    def do_commit(dbapi_connection: Any) -> None:
        raw = getattr(dbapi_connection, "dbapi_connection", dbapi_connection)
        breaks = where != "writing" and raw in writers
        if breaks and where == "committing":
            writers[:] = [None]
            raise sqlite3.OperationalError("disk I/O error")
        commit(dbapi_connection)
        if breaks:
            writers[:] = [None]
            raise sqlite3.OperationalError("disk I/O error")

    sa.event.listen(engine, "before_cursor_execute", on_execute)
    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", on_execute)
        del engine.dialect.do_commit
    assert writers, "nothing was broken"
