"""The commands of `objection-bot desk`, for those who answer for the record.

Exit codes of every command: 0, all is well, and what was asked for is done; 1, the answer is no,
because the log is broken, no objection has this number, the case stands otherwise, somebody else
has it, or a part of it cannot be opened; 2, there is no answer, because an option or setting cannot
be used or the database cannot be read or written. Answers go to standard output, reasons for having
none to standard error.

The commands are functions of the modules beside this one, which registers them.
"""

from __future__ import annotations

from typing import Annotated

import typer

from bot.desk import deciding, exporting, looking
from bot.desk.common import NO, AsJson, out, print_json, reading, stop
from bot.desk.erase import erase
from bot.objections import audit

desk = typer.Typer(help="For operators: the record and its audit log.", no_args_is_help=True)

desk.command("list")(looking.list_cases)
desk.command("show")(looking.show)
desk.command("stats")(looking.stats)
desk.command("take")(deciding.take)
desk.command("uphold")(deciding.uphold)
desk.command("refuse")(deciding.refuse)
desk.command("not-matched")(deciding.not_matched)
desk.command("reopen")(deciding.reopen)
desk.command("extend")(deciding.extend)
desk.command("export")(exporting.export)
desk.command("erase")(erase)


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
    with reading() as database:
        found = audit.verify(database, expected)
    if isinstance(found, audit.Broken):
        if as_json:
            broken = {
                "number": found.number,
                "problem": found.problem,
                "sentence": found.sentence,
            }
            print_json({"whole": False, "head": None, "broken": broken})
        else:
            out.print(f"[red]The audit log is broken.[/red] {found.sentence}")
        raise typer.Exit(NO)
    if as_json:
        print_json({"whole": True, "head": str(found.head), "broken": None})
        return
    count = found.head.number
    out.print(f"The audit log is whole: {count} event{'' if count == 1 else 's'}.")
    if expected is not None:
        out.print(f"Event {expected.number} is the one that was noted.")
    out.print(f"Head: {found.head}")


def _head(text: str | None) -> audit.Link | None:
    if text is None:
        return None
    try:
        return audit.Link.parse(text)
    except ValueError as error:
        stop(f"--expect: {error}")
