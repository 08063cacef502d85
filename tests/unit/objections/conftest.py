"""Databases for the tests of the record, of each kind."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.objections.db import Database

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgresql+psycopg2:///test")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; on PostgreSQL a schema that is dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'record.db'}"
        return
    admin = create_engine(POSTGRESQL, future=True)
    schema = f"test_{uuid.uuid4().hex}"
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except Exception as error:
        if os.environ.get("REQUIRE_ALL") == "1":
            raise
        pytest.skip(f"no PostgreSQL at TEST_POSTGRESQL_URL: {type(error).__name__}")
    own = make_url(POSTGRESQL).update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield own.render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()


@pytest.fixture
def empty(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


@pytest.fixture
def database(empty: Database) -> Database:
    empty.migrate()
    return empty


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'only.db'}")
    database.migrate()
    yield database
    database.dispose()
