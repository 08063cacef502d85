"""Alembic's entry point; `Database.migrate()` is the usual way here.

From the command line, to write a new revision: `alembic -x url=sqlite:///data/dev.db revision
--autogenerate -m "..."`. The address is an argument because only settings.py reads the environment.
Logging is left alone: the application has configured it already.
"""

from __future__ import annotations

from alembic import context
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from bot.objections import model
from bot.objections.db import Database


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    # Conversations are stored in the same database and look after their own tables.
    return kind != "table" or name in model.metadata.tables


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=model.metadata,
        compare_type=True,
        include_name=_is_ours,
        # SQLite alters tables by copying them, which `Database.migrating` makes room for; later
        # migrations need no special case for it.
        render_as_batch=connection.dialect.name == "sqlite",
        user_module_prefix="model.",
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    if context.is_offline_mode():
        raise CommandError("SQL output without a database is not supported here")
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(url, str):
        raise CommandError("say which database: alembic -x url=sqlite:///path ...")
    database = Database(url)
    try:
        with database.migrating() as session:
            run(session)
    finally:
        database.dispose()


main()
