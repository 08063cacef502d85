"""The commands `objection-bot keys …`: make a key, rotate, see what is under which key."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import typer
from rich.table import Table

from bot.commands import NO, AsJson, changing, out, place, print_json, stop
from bot.objections import rotation
from bot.objections.crypto import Keys
from bot.objections.db import Database
from bot.objections.rotation import UnderKey
from bot.settings import Settings, SettingsError

app = typer.Typer(help="The keys in DATA_KEYS: make one, rotate.", no_args_is_help=True)

_KINDS = ("subjects", "fields", "emails", "accounts", "displays")


@app.command()
def new() -> None:
    """Print a fresh key for DATA_KEYS. It is stored nowhere."""
    sys.stdout.write(Keys.new() + "\n")


@app.command()
def status(as_json: AsJson = False) -> None:
    """How many rows are under which key. Exit 1 if a key is needed that is not in DATA_KEYS."""
    with _record() as (database, keys):
        under = rotation.status(database, keys)
    missing = [key.key_id for key in under if key.needed and not key.configured]
    if as_json:
        print_json({"current": keys.current_id, "missing": missing, "keys": _as_json(under)})
    else:
        _print_table(under)
        for key_id in missing:
            out.print(f"{key_id} is needed and not in DATA_KEYS.", markup=False)
    if missing:
        raise typer.Exit(NO)


@app.command()
def rotate(as_json: AsJson = False) -> None:
    """Bring everything under the key that stands first in DATA_KEYS.

    While the service runs, and again after being stopped. Says which of the other keys can be
    removed. Exit 1 if something could not be opened with the keys in DATA_KEYS.
    """
    with _record() as (database, keys):
        done = rotation.rotate(database, keys, lambda: datetime.now(timezone.utc))
    if as_json:
        print_json(
            {
                "current": keys.current_id,
                "contacts": done.contacts,
                "accounts": done.accounts,
                "joined": done.joined,
                "unreadable": done.unreadable,
                "keys": _as_json(done.keys),
            }
        )
    else:
        _tell(done, keys.current_id)
    if done.unreadable:
        raise typer.Exit(NO)


@contextmanager
def _record() -> Iterator[tuple[Database, Keys]]:
    # Before the keys are read: where there is no record, none are made.
    with changing(place()) as database:
        try:
            keys = Keys.parse(Settings.load().data_keys)
        except (SettingsError, ValueError, OSError) as error:
            stop(str(error))
        yield database, keys


def _tell(done: rotation.Rotated, current: str) -> None:
    out.print(f"Brought under {current}: {done.contacts} people, {done.accounts} accounts.")
    if done.joined:
        out.print(f"{done.joined} accounts had two rows, and have one now.")
    if done.unreadable:
        out.print(
            f"{len(done.unreadable)} people could not be opened with the keys in DATA_KEYS. "
            f"Rows of the table contact: {', '.join(done.unreadable)}"
        )
    for key in done.keys:
        if not key.current:
            out.print("\n".join(_advice(key)), markup=False)


def _advice(key: UnderKey) -> Iterator[str]:
    """Whether a key that is not the current one can go, and what hangs on it."""
    if not key.needed:
        if key.configured:
            yield (
                f"{key.key_id} can be removed from DATA_KEYS, in ten minutes at the earliest: "
                "codes that were mailed before may still be typed."
            )
        if key.displays:
            yield (
                f"Without {key.key_id}, nobody can show for {key.displays} conversations that the "
                "notice was shown in them. Nothing else needs it."
            )
        return
    verb = "has to be kept" if key.configured else "is missing from DATA_KEYS"
    yield f"{key.key_id} {verb}:"
    yield from (f"  {reason}" for reason in _reasons(key))


def _reasons(key: UnderKey) -> list[str]:
    reasons = []
    if key.subjects or key.fields or key.emails:
        reasons.append(
            f"{max(key.subjects, key.emails)} people and {key.fields} single fields are under it: "
            "they could not be opened, or were written while this ran. Rotate again."
        )
    if key.accounts:
        reasons.append(
            f"{key.accounts} accounts are found by it alone, because everybody who named them is "
            "erased or cannot be opened. Without it they would be recognised no more, and whoever "
            "objects for one of them anew would get a second entry."
        )
    return reasons


def _as_json(under: tuple[UnderKey, ...]) -> list[dict[str, Any]]:
    return [
        {
            "id": key.key_id,
            "configured": key.configured,
            "current": key.current,
            "needed": key.needed,
            "reasons": [] if key.current else _reasons(key),
            **{kind: getattr(key, kind) for kind in _KINDS},
        }
        for key in under
    ]


def _print_table(under: tuple[UnderKey, ...]) -> None:
    table = Table(box=None)
    for column in ("key", "", "people", "single fields", "e-mail hashes", "account hashes",
                   "conversations"):
        table.add_column(column)
    for key in under:
        place = "in use" if key.current else "" if key.configured else "not in DATA_KEYS"
        table.add_row(key.key_id, place, *(str(getattr(key, kind)) for kind in _KINDS))
    out.print(table)
