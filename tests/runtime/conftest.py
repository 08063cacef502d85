"""The database of the conversations, of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot.objections.db import Database
from tests.conftest import own_schema


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
    with own_schema() as address:
        database = Database(address)
        yield database.engine
        database.dispose()
