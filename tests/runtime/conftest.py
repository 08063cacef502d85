"""The database of the conversations, of both kinds."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url

from bot.objections.db import Database
from tests.conftest import absent

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgresql+psycopg2:///test")

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.fixture
def redis_url() -> str:
    """The address of a Redis server. Keys are of this test alone where its ids are."""
    try:
        with redis.Redis.from_url(REDIS, socket_connect_timeout=2) as server:
            server.ping()
    except redis.RedisError as error:
        absent(f"no Redis at TEST_REDIS_URL ({type(error).__name__})")
    return REDIS


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    """Where the SQLite database of a test is."""
    return tmp_path / "conversations.db"


@pytest.fixture
def sqlite(database_file: Path) -> Iterator[Engine]:
    """An engine as the application makes it, on a file."""
    database = Database(f"sqlite:///{database_file}")
    yield database.engine
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine of each kind; on PostgreSQL in a schema that is dropped afterwards."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    schema = f"test_{uuid.uuid4().hex}"
    admin = create_engine(POSTGRESQL, future=True)
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except Exception as error:
        absent(f"no PostgreSQL at TEST_POSTGRESQL_URL ({type(error).__name__})")
    own = make_url(POSTGRESQL).update_query_dict({"options": f"-csearch_path={schema}"})
    database = Database(own.render_as_string(hide_password=False))
    yield database.engine
    database.dispose()
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()
