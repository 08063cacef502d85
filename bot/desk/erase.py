"""The command `objection-bot desk erase`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

import typer

from bot.commands import NO, AsJson, changing, out, place, print_json, stop
from bot.objections import erasure, mail_files
from bot.objections.errors import FieldError, UnknownReference
from bot.settings import OPERATOR


def erase(
    reference: Annotated[str, typer.Argument(metavar="REF", help="A number, OBJ-….")],
    operator: Annotated[
        str, typer.Option("--as", metavar="OPERATOR", help="Who does it; else DESK_OPERATOR.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase the person who filed an objection: name, address, handles, reason, receipt, letters.

    Covers everything that was filed in the same sitting. The objections stay, and their accounts
    stay as they are: held, excluded or released. It cannot be undone.
    """
    found = place()
    operator = operator or found.desk_operator
    if not OPERATOR.fullmatch(operator):
        stop("Say who does it: --as NAME, or DESK_OPERATOR; a-z, 0-9, '.', '_' and '-', up to 32.")
    with changing(found) as database:
        try:
            sitting = erasure.sitting(database, reference)
        except FieldError as error:
            stop(error.sentence)
        except UnknownReference as error:
            stop(error.sentence, NO)
        if sitting.contact_id is None:
            stop("That person was erased before.", NO)
        if not yes:
            _ask(sitting)
        at = datetime.now(timezone.utc)
        mails = mail_files.mails_of(database, sitting.contact_id)
        erased = erasure.erase(database, sitting.contact_id, f"operator:{operator}", at)
        mail_files.remove(found.mail_dir, mails)
    if not erased:
        stop("That person was erased before.", NO)
    if as_json:
        print_json(
            {
                "erased": True,
                "references": sitting.references,
                "open": sitting.open,
                "copies_stay_readable": sitting.keyless,
            }
        )
        return
    out.print(f"Erased. It covers {_listed(sitting.references)}, filed in one sitting.")
    out.print("These objections stay on record and go on counting for their accounts.")
    if sitting.open:
        out.print(f"Not closed yet: {_listed(sitting.open)}. No mail can be sent about that now.")
    if sitting.keyless:
        out.print(
            "This person had no key of their own, so copies of the database from before stay "
            "readable with the keys that are in DATA_KEYS. See 'objection-bot keys rotate'."
        )


def _ask(sitting: erasure.Sitting) -> None:
    typer.echo(
        f"This erases the person who filed {_listed(sitting.references)}, all in one sitting. "
        "It cannot be undone.",
        err=True,
    )
    if sitting.open:
        typer.echo(f"Not closed yet: {_listed(sitting.open)}.", err=True)
    if not typer.confirm("Erase?", err=True):
        stop("Nothing was erased.", NO)


def _listed(references: tuple[str, ...]) -> str:
    return ", ".join(references)
