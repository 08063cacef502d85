"""A PostgreSQL schema of one's own, gone afterwards."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

__all__ = ["own_schema"]

POSTGRESQL = os.environ.get("BENCH_POSTGRESQL_URL", "postgresql+psycopg2:///test")


@contextmanager
def own_schema(address: str = POSTGRESQL, prefix: str = "bench") -> Iterator[str]:
    """The address of an empty schema in the database at `address`, named `prefix` and a number."""
    schema = f"{prefix}_{uuid.uuid4().hex}"
    admin = create_engine(address, future=True)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    own = make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield own.render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()
