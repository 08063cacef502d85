"""The commands of `objection-bot desk`, for those who answer for the record.

Exit codes of every command: 0, all is well; 1, the answer is no; 2, there is no answer, because an
option or setting cannot be used or the database cannot be read. Answers go to standard output,
reasons for having none to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from bot.log import configure
from bot.objections import audit
from bot.objections.db import Database
from bot.objections.errors import ObjectionError
from bot.settings import Place, SettingsError

desk = typer.Typer(help="For operators: the record and its audit log.", no_args_is_help=True)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

NO, NO_ANSWER = 1, 2
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@desk.callback()
def _desk() -> None:
    # Makes it a group, however few commands there are.
    pass


@desk.command("verify-audit")
def verify_audit(
    expect: Annotated[
        str | None,
        typer.Option(metavar="NUMBER:HASH", help="A head noted earlier; it has to be in the log."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the audit log, and name the first link that is broken.

    Prints the head of the log. Note it elsewhere: with --expect it shows later that the log was
    neither cut off nor rewritten. Only reads, and needs no keys.
    """
    expected = _head(expect)
    with _reading() as database:
        found = audit.verify(database, expected)
    if isinstance(found, audit.Broken):
        if as_json:
            broken = {
                "number": found.number,
                "problem": found.problem,
                "sentence": found.sentence,
            }
            _print_json({"whole": False, "head": None, "broken": broken})
        else:
            out.print(f"[red]The audit log is broken.[/red] {found.sentence}")
        raise typer.Exit(NO)
    if as_json:
        _print_json({"whole": True, "head": str(found.head), "broken": None})
        return
    count = found.head.number
    out.print(f"The audit log is whole: {count} event{'' if count == 1 else 's'}.")
    if expected is not None:
        out.print(f"Event {expected.number} is the one that was noted.")
    out.print(f"Head: {found.head}")


@contextmanager
def _reading() -> Iterator[Database]:
    """The database, for reading only: it is neither made nor migrated.

    Exits with 2 and one sentence when it cannot be read.
    """
    try:
        place = Place.load()
        configure(place.log_level)
        database = Database(place.database_url, read_only=True)
    except (SettingsError, ValueError) as error:
        _stop(str(error))
    try:
        yield database
    except audit.NoLog:
        _stop(
            "The database has no audit log. 'objection-bot serve' makes it at its start; "
            "if it has run here before, the log was removed."
        )
    except ObjectionError:
        _stop(
            "The database cannot be read: it is not there, does not answer or is damaged. "
            "DATABASE_URL says where it is; without it, it is a file in DATA_DIR."
        )
    finally:
        database.dispose()


def _head(text: str | None) -> audit.Link | None:
    if text is None:
        return None
    try:
        return audit.Link.parse(text)
    except ValueError as error:
        _stop(f"--expect: {error}")


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _stop(sentence: str) -> NoReturn:
    # No markup: a sentence may repeat what was typed.
    err.print(sentence, style="red", markup=False)
    raise typer.Exit(NO_ANSWER)
