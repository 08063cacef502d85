"""What the commands share that change the record: exit codes, how it is opened, what is printed.

Exit codes: 0, done; 1, the answer is no; 2, there is no answer, because an option or setting cannot
be used or the database cannot be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from sqlalchemy import inspect

from bot.objections import model
from bot.objections.db import Database
from bot.objections.errors import StorageError
from bot.settings import Place

__all__ = ["NO", "NO_ANSWER", "AsJson", "changing", "out", "print_json", "stop"]

NO, NO_ANSWER = 1, 2
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def changing(place: Place) -> Iterator[Database]:
    """The database, which has to be there and up to date: it is neither made nor migrated.

    Exits with 2 and one sentence when it cannot be used.
    """
    try:
        _look(Database(place.database_url, read_only=True))
        database = Database(place.database_url)
    except ValueError as error:
        stop(str(error))
    except StorageError:
        stop(
            "The database cannot be read: it is not there, does not answer, is damaged or was made "
            "by an older version. 'objection-bot serve' makes and updates it at its start."
        )
    try:
        yield database
    except StorageError:
        stop("The database could not be read or written. What was done before is kept.")
    finally:
        database.dispose()


def print_json(value: dict[str, Any]) -> None:
    """One object on one line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def stop(sentence: str, code: int = NO_ANSWER) -> NoReturn:
    """Say why there is no answer, or why it is no, and exit."""
    # No markup: a sentence may repeat what was typed.
    _err.print(sentence, style="red", markup=False)
    raise typer.Exit(code)


def _look(database: Database) -> None:
    """Raises StorageError where a table of the record is missing."""
    try:
        with database.session(read_only=True) as session:
            there = set(inspect(session).get_table_names())
        if not set(model.metadata.tables) <= there:
            raise StorageError()
    finally:
        database.dispose()
