"""The commands that only read: the list, one case, the counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.desk import common, filters
from bot.desk.common import AsJson, Reference
from bot.desk.display import case_shown, page_shown, tally_shown
from bot.objections.casebook import Case, CaseReader, exported
from bot.objections.errors import FieldError
from bot.objections.listing import Page, Place, listed
from bot.objections.tally import tally

__all__ = ["list_cases", "show", "stats"]

LIMIT_MAX = 1000


def list_cases(
    status: filters.Status = None,
    overdue: filters.Overdue = False,
    due_before: filters.DueBefore = None,
    country: filters.Country = None,
    verified: filters.Verified = None,
    taken_by: filters.TakenBy = None,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="Cases on a page.")] = 50,
    after: Annotated[
        str | None,
        typer.Option(metavar="DAY:NUMBER", help="Where the page before ended, as it told."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List cases, due soonest first. Shows nothing personal, and needs no keys."""
    today = common.today()
    wanted = filters.wanted(today, status, overdue, due_before, country, verified, taken_by)
    try:
        place = None if after is None else Place.parse(after)
    except FieldError:
        common.stop("--after must be the place that the page before told, DAY:NUMBER.")
    with common.reading() as database:
        page = listed(database, wanted, limit, place)
    if as_json:
        common.print_json(_page(page, today))
    elif page.rows:
        common.out.print(page_shown(page, today))
        if page.next is not None:
            common.out.print(f"\nThere are more: add --after {page.next}")
    else:
        common.out.print("There is no such case." if place is None else "There are no more.")


def show(reference: Reference, as_json: AsJson = False) -> None:
    """Show everything about one case. This is personal data."""
    with common.at_the_desk(writing=False) as desk, common.answering(as_json):
        case = CaseReader(desk.database, desk.keys).case(reference)
    if as_json:
        common.print_json(_case(case))
    else:
        common.out.print(case_shown(case, common.today()))
    if case.unreadable:
        if not as_json:
            common.err.print(
                "Some of it cannot be opened: damaged, or its key is not among DATA_KEYS.",
                style="red",
            )
        raise typer.Exit(common.NO)


def stats(
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the open cases by age.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count cases: how many stand where, how old the open ones are, how many are overdue."""
    with common.reading() as database:
        counts = tally(database, common.now())
    if plot is not None:
        from bot.desk.plot import draw

        try:
            draw(counts, plot)
        except OSError as error:
            common.stop(f"{plot} cannot be written: {error.strerror}.")
    if as_json:
        told = asdict(counts)
        common.print_json({**told, "at": counts.at.isoformat(), "open": counts.open})
    else:
        common.out.print(tally_shown(counts))


def _page(page: Page, today: Any) -> dict[str, Any]:
    return {
        "cases": [
            {
                **asdict(row),
                "due_on": row.due_on.isoformat(),
                "urgency": row.urgency(today),
            }
            for row in page.rows
        ],
        "next": None if page.next is None else str(page.next),
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        **exported(case),
        "decisions": [_plain({**asdict(one), "waits": one.waits}) for one in case.decisions],
        "mails": [_plain(asdict(one)) for one in case.mails],
        "related": [asdict(one) for one in case.related],
        "history": [asdict(one) for one in case.history],
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Days and times as text."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values.items()
    }
