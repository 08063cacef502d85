"""The command `objection-bot desk retention`.

Beside the desk's other commands, for it also looks after conversations, which the desk does not
know.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

import typer

from bot.commands import AsJson, changing, out, place, print_json, stop
from bot.retention import remove
from bot.settings import Settings, SettingsError

_WORDS = {
    "persons": "people erased, whose cases were closed or upheld long ago",
    "holds": "holds ended, of addresses that nobody confirmed",
    "codes": "codes deleted",
    "mails": "notes on mail deleted",
    "displays": "notes deleted that the notice was shown",
    "conversations": "conversations deleted",
}


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what is due by CONVERSATION_DAYS, CONTACT_DAYS and UNVERIFIED_HOLD_DAYS.

    The service does the same about once an hour.
    """
    with changing(place()) as database:
        try:
            settings = Settings.load()
        except (SettingsError, OSError) as error:
            stop(str(error))
        removed = remove(database, settings, datetime.now(timezone.utc), dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, **removed})
        return
    out.print("This would be done:" if dry_run else "Done:")
    for kind, number in removed.items():
        out.print(f"{number:>8}  {_WORDS[kind]}")
