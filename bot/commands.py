"""What the operators' commands share: exit codes, what is printed, how the record is opened.

Exit codes: 0, done; 1, the answer is no; 2, there is no answer, because an option or setting cannot
be used or the database cannot be read.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from sqlalchemy import inspect

from bot import patterns
from bot.log import configure
from bot.objections import model
from bot.objections.db import Database
from bot.objections.errors import StorageError
from bot.settings import Place, SettingsError

__all__ = [
    "NO",
    "NO_ANSWER",
    "AsJson",
    "changing",
    "err",
    "out",
    "place",
    "plain",
    "print_json",
    "stop",
]

NO, NO_ANSWER = 1, 2
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def place() -> Place:
    """Where the record is, and logging set up. Exits with 2 for a setting that cannot be used."""
    try:
        found = Place.load()
    except SettingsError as error:
        stop(str(error))
    configure(found.log_level)
    return found


@contextmanager
def changing(found: Place) -> Iterator[Database]:
    """The database, which has to be there and up to date: it is neither made nor migrated.

    Exits with 2 and one sentence when it cannot be used.
    """
    try:
        _look(Database(found.database_url, read_only=True))
        database = Database(found.database_url)
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


# What moves a terminal's cursor or its colours, ends a line, or turns the direction of writing.
_BIDI = "\u202a-\u202e\u2066-\u2069"
_TURNS = patterns.compile(f"[{_BIDI}]")
_UNSAFE_IN_JSON = patterns.compile(f"[\x7f-\x9f\u2028\u2029{_BIDI}\ud800-\udfff]")


def plain(text: str) -> str:
    """One line that a terminal shows and never obeys: `\\x1b` for an escape character."""
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    unsafe = unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or _TURNS.fullmatch(char)
    return char.encode("unicode_escape").decode("ascii") if unsafe else char


def print_json(value: dict[str, Any]) -> None:
    """One JSON object in one line of standard output; what a terminal would obey is escaped."""
    line = json.dumps(value, ensure_ascii=False)
    sys.stdout.write(_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n")


def stop(sentence: str, code: int = NO_ANSWER) -> NoReturn:
    """Say why there is no answer, or why it is no, and exit."""
    # No markup: a sentence may repeat what was typed.
    err.print(plain(sentence), style="red", markup=False)
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
