"""The options that say which cases: the same for `desk list` and `desk export`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from bot.desk.common import stop
from bot.objections import model, states
from bot.objections.errors import FieldError
from bot.objections.fields import parse_country
from bot.objections.listing import Filter
from bot.settings import OPERATOR

__all__ = ["Country", "DueBefore", "Overdue", "Status", "TakenBy", "Verified", "wanted"]

_GROUPS = {"open": tuple(sorted(states.OPEN)), "all": model.CASE_STATUSES}
_NAMES = (*_GROUPS, *model.CASE_STATUSES)

Status = Annotated[
    list[str] | None,
    typer.Option(metavar="STATUS", help=f"May be repeated: {', '.join(_NAMES)}. [default: open]"),
]
Overdue = Annotated[bool, typer.Option("--overdue", help="Only open ones whose day is over.")]
DueBefore = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="Only those that are due before this day.")
]
Country = Annotated[str | None, typer.Option(help="Only from this country: its name or code.")]
Verified = Annotated[
    bool | None,
    typer.Option("--verified/--unverified", help="Whether the e-mail address was confirmed."),
]
TakenBy = Annotated[str | None, typer.Option(metavar="NAME", help="Only what this operator took.")]


def wanted(
    today: date,
    status: list[str] | None,
    overdue: bool,
    due_before: str | None,
    country: str | None,
    verified: bool | None,
    taken_by: str | None,
) -> Filter:
    """The options as a filter. Exits with 2 for one that cannot be used."""
    statuses: set[str] = set()
    for name in status or ["open"]:
        if name not in _NAMES:
            stop(f"--status must be one of {', '.join(_NAMES)}.")
        statuses.update(_GROUPS.get(name, (name,)))
    if overdue and not statuses & states.OPEN:
        stop("--overdue is about open cases: received or in_review.")
    if taken_by is not None and not OPERATOR.fullmatch(taken_by):
        stop("--taken-by must be the name of an operator.")
    return Filter(
        today=today,
        statuses=tuple(sorted(statuses)),
        overdue=overdue,
        due_before=_day(due_before),
        country=_country(country),
        verified=verified,
        taken_by=taken_by,
    )


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        stop("--due-before must be a day as 2024-12-27.")


def _country(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return parse_country(text)
    except FieldError:
        stop("--country must be the name of a country or its code, such as PT.")
