"""A list of cases, page by page, due soonest first. It holds nothing personal and needs no keys.

With a million cases a page costs one look into the index on state and due day for each state that
is asked for. A filter that this index does not know reads on until the page is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import func, or_, select

from bot import patterns
from bot.objections import model, states
from bot.objections.db import Database
from bot.objections.errors import FieldError
from bot.objections.references import parse_reference

__all__ = ["SOON_DAYS", "Filter", "Page", "Place", "Row", "listed"]

# Due within so many days is soon.
SOON_DAYS = 7
_PLACE = patterns.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}):(.{1,60})")


@dataclass(frozen=True)
class Filter:
    """Which cases: those that fit everything that is given here. `statuses` is never empty.

    `due_before` leaves that day out. `today` is a day in UTC, and `overdue` means open and due
    before it.
    """

    today: date
    statuses: tuple[str, ...] = tuple(sorted(states.OPEN))
    overdue: bool = False
    due_before: date | None = None
    country: str | None = None
    verified: bool | None = None
    taken_by: str | None = None

    def searched(self) -> tuple[str, ...]:
        """The states in which there may be one that fits."""
        possible = set(self.statuses)
        if self.overdue:
            possible &= states.OPEN
        if self.taken_by is not None:
            # Taking a case is what ends this state.
            possible.discard("received")
        return tuple(status for status in model.CASE_STATUSES if status in possible)

    def conditions(self) -> list[Any]:
        """The rest of the filter, for a WHERE."""
        objection = model.objection.c
        found: list[Any] = []
        if self.overdue:
            found.append(objection.due_on < self.today)
        if self.due_before is not None:
            found.append(objection.due_on < self.due_before)
        if self.country is not None:
            found.append(objection.country == self.country)
        if self.verified is not None:
            is_null = objection.verified_at.is_(None)
            found.append(~is_null if self.verified else is_null)
        if self.taken_by is not None:
            found.append(objection.taken_by == self.taken_by)
        return found


@dataclass(frozen=True)
class Place:
    """A place between two cases of a list: behind the one with this day and number."""

    due_on: date
    reference: str

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read what `str()` gives. Raises FieldError for anything else."""
        found = _PLACE.fullmatch(text.strip())
        try:
            if found is not None:
                return cls(date.fromisoformat(found[1]), parse_reference(found[2]))
        except (ValueError, FieldError):
            pass
        raise FieldError("after", "place_unknown", "A place in the list is DAY:NUMBER.")

    def __str__(self) -> str:
        return f"{self.due_on.isoformat()}:{self.reference}"


@dataclass(frozen=True)
class Row:
    """A case on a list. Holds nothing personal; `country` is as the person named it."""

    reference: str
    case_status: str
    due_on: date
    accounts: int
    country: str | None
    verified: bool
    taken_by: str | None

    def urgency(self, today: date) -> str:
        """`overdue`, `soon` or `later` for an open case, `closed` for any other."""
        if self.case_status not in states.OPEN:
            return "closed"
        if self.due_on < today:
            return "overdue"
        return "soon" if self.due_on <= today + timedelta(days=SOON_DAYS) else "later"


@dataclass(frozen=True)
class Page:
    """Part of a list, due soonest first; `next` is where the next part begins, if there is one."""

    rows: tuple[Row, ...]
    next: Place | None


def listed(
    database: Database, wanted: Filter, limit: int, after: Place | None = None
) -> Page:
    """A page of at most `limit` cases, due soonest first, beginning behind `after`.

    Raises StorageError when the record cannot be read.
    """
    objection, covered = model.objection, model.objection_account
    count = (
        select(func.count())
        .where(covered.c.objection_id == objection.c.id)
        .scalar_subquery()
    )
    found: list[Row] = []
    with database.session(read_only=True) as session:
        # One query for each state, because each finds its rows in order in the index.
        for status in wanted.searched():
            query = select(
                objection.c.reference,
                objection.c.case_status,
                objection.c.due_on,
                count.label("accounts"),
                objection.c.country,
                objection.c.verified_at.is_not(None).label("verified"),
                objection.c.taken_by,
            ).where(objection.c.case_status == status, *wanted.conditions())
            if after is not None:
                query = query.where(
                    objection.c.due_on >= after.due_on,
                    or_(
                        objection.c.due_on > after.due_on,
                        objection.c.reference > after.reference,
                    ),
                )
            query = query.order_by(objection.c.due_on, objection.c.reference).limit(limit + 1)
            for row in session.execute(query):
                found.append(
                    Row(
                        row.reference,
                        row.case_status,
                        row.due_on,
                        row.accounts,
                        row.country,
                        bool(row.verified),
                        row.taken_by,
                    )
                )
    found.sort(key=attrgetter("due_on", "reference"))
    rows = tuple(found[:limit])
    more = len(found) > limit
    return Page(rows, Place(rows[-1].due_on, rows[-1].reference) if more else None)
