"""What every command of the desk shares: where it prints, how it ends, which database and operator.

Exit codes of every command:

    0   all is well, and done
    1   the answer is no: the log is broken, no objection has this number, the case stands
        otherwise, somebody else has it, or a part of it cannot be opened
    2   there is no answer: an option or setting cannot be used, or the database cannot be read

Answers go to standard output, reasons for having none to standard error, in one sentence. With
--json standard output has one JSON object; after an answer of no it is `{"error", "message"}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Annotated

import typer

from bot.commands import NO, NO_ANSWER, AsJson, err, out, place, plain, print_json, stop
from bot.objections import audit
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.errors import ObjectionError, StorageError
from bot.settings import OPERATOR, Settings, SettingsError

__all__ = [
    "NO",
    "NO_ANSWER",
    "As",
    "AsJson",
    "Desk",
    "Reference",
    "answering",
    "at_the_desk",
    "err",
    "now",
    "operator",
    "out",
    "plain",
    "print_json",
    "reading",
    "stop",
    "today",
]

As = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="NAME", help="Your name, which is believed; else DESK_OPERATOR."
    ),
]
Reference = Annotated[str, typer.Argument(metavar="REF", help="The number, OBJ-…")]


@dataclass(frozen=True)
class Desk:
    """The record, with the keys and settings that deciding needs."""

    database: Database
    keys: Keys
    settings: Settings


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(timezone.utc)


def today() -> date:
    """This day in UTC, as due days are counted."""
    return now().date()


@contextmanager
def reading() -> Iterator[Database]:
    """The database, for reading only: it is neither made nor migrated, and no key is needed.

    Exits with 2 and one sentence when it cannot be read.
    """
    found = place()
    try:
        database = Database(found.database_url, read_only=True)
    except ValueError as error:
        stop(str(error))
    try:
        yield database
    except audit.NoLog:
        stop(
            "The database has no audit log. 'objection-bot serve' makes it at its start; "
            "if it has run here before, the log was removed."
        )
    except StorageError:
        stop(
            "The database cannot be read: it is not there, does not answer or is damaged. "
            "DATABASE_URL says where it is; without it, it is a file in DATA_DIR."
        )
    finally:
        database.dispose()


@contextmanager
def at_the_desk(*, writing: bool) -> Iterator[Desk]:
    """The same with keys, and with `writing` for changing cases.

    Looks first whether there is a database: without one, neither it nor keys are made.
    """
    with reading() as database:
        database.ping()
        try:
            settings = Settings.load()
            keys = Keys.parse(settings.data_keys)
        except (SettingsError, ValueError) as error:
            stop(str(error))
        if not writing:
            yield Desk(database, keys, settings)
            return
    changing = Database(settings.database_url)
    try:
        yield Desk(changing, keys, settings)
    except StorageError:
        stop(
            "This could not be written, because the database does not answer, is busy or was made "
            "by another version; 'objection-bot desk show' tells how the case stands."
        )
    finally:
        changing.dispose()


@contextmanager
def answering(as_json: bool) -> Iterator[None]:
    """Turn an answer of no into its sentence and exit code 1."""
    try:
        yield
    except StorageError:
        raise
    except ObjectionError as error:
        if as_json:
            print_json({"error": error.code, "message": error.for_operators})
        else:
            err.print(error.for_operators, style="red", markup=False)
        raise typer.Exit(NO) from None


def operator(given: str | None, settings: Settings) -> str:
    """The operator's name, from --as or else the settings. Exits with 2 where there is none."""
    name = given if given is not None else settings.desk_operator
    if not name:
        stop("Who is asking? Give your name with --as, or set DESK_OPERATOR.")
    if not OPERATOR.fullmatch(name):
        stop("--as: a name has 1 to 32 characters: small letters, digits, '.', '_' or '-'.")
    return name
