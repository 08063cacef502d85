"""Servers of each kind of database, and looking into what they recorded."""

from __future__ import annotations

import asyncio
import base64
import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import Engine

from bot.objections.db import Database
from bot.objections.model import objection
from tests.conftest import Server, own_schema
from tests.conversations.conftest import application, loop, person, rows, stored
from tests.faults.proxy import Proxy

__all__ = ["application", "loop", "person", "rows", "stored"]

Start = Callable[..., Server]
SECRETS = {
    "SECRET_KEY": "s" * 40,
    "DATA_KEYS": "k1:" + base64.b64encode(bytes(range(32))).decode("ascii"),
    "SIGNING_KEY": base64.b64encode(bytes(32)).decode("ascii"),
}


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random moments. Their seed is printed when a test fails; FAULTS_SEED repeats them."""
    seed = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"FAULTS_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(scope="module")
def begin(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts servers, which end with the tests of a module: begin(folder=None, **settings)."""
    with ExitStack() as running:

        def start(folder: Path | None = None, **settings: str) -> Server:
            folder = folder or tmp_path_factory.mktemp("server")
            server = Server(folder, SESSION_RATE_LIMIT="off", **settings)
            running.callback(lambda: server.kill() if server.process.poll() is None else None)
            server.start()
            return server

        yield start


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The address of an empty schema on PostgreSQL, which is dropped afterwards."""
    with own_schema() as address:
        yield address


@pytest.fixture(scope="module")
def proxy(postgresql: str) -> Iterator[Proxy]:
    """Stands between a server and PostgreSQL, and can be in the way."""
    with Proxy(postgresql) as between:
        yield between


def settings_of(url: str, **more: str) -> dict[str, str]:
    """The settings of a server on a database of one's own."""
    return {"DATABASE_URL": url, **SECRETS, **more}


def url_of(server: Server) -> str:
    """The address of a server's database."""
    return server.environment.get("DATABASE_URL") or f"sqlite:///{server.data_dir}/objections.db"


def recorded(url: str) -> list[str]:
    """The numbers of all objections on record, by the database itself, sorted."""
    database = Database(url, read_only=True)
    try:
        with database.session(read_only=True) as session:
            return sorted(session.execute(select(objection.c.reference)).scalars())
    finally:
        database.dispose()


@dataclass(frozen=True)
class Held:
    """A table of PostgreSQL that nobody else can read or write meanwhile."""

    engine: Engine
    table: str

    async def until_waiting(self, number: int) -> None:
        """Return when so many transactions wait for the table."""
        query = text(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass(:table)"
        )
        waiting = 0
        while waiting < number:
            with self.engine.connect() as connection:
                waiting = connection.execute(query, {"table": self.table}).scalar_one()
            await asyncio.sleep(0.05)


@contextmanager
def held_up(url: str, table: str) -> Iterator[Held]:
    """Hold up whoever reads or writes a table, until the end of the block."""
    engine = create_engine(url, future=True)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            yield Held(engine, table)
    finally:
        engine.dispose()
