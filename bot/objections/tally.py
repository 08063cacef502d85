"""Counts of cases, for operators: how many stand where, and how old the open ones are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import case, func, select

from bot.objections import model, states
from bot.objections.db import Database
from bot.objections.listing import SOON_DAYS

__all__ = ["WEEKS", "Age", "Tally", "tally"]

# Open cases are counted by full weeks since their receipt; the last count has all that are older.
# Three months, the longest that an answer may take, are 13.
WEEKS = 14
_URGENCIES = ("overdue", "soon", "later")


@dataclass(frozen=True)
class Age:
    """The open cases that were received `weeks` full weeks ago (the last: or longer)."""

    weeks: int
    overdue: int = 0
    soon: int = 0
    later: int = 0


@dataclass(frozen=True)
class Tally:
    """`by_status` has every state. The other counts are of open cases, received and in review.

    `proposals` counts refusals that wait for a second operator.
    """

    at: datetime
    by_status: Mapping[str, int]
    overdue: int
    soon: int
    later: int
    not_taken: int
    unverified: int
    proposals: int
    ages: tuple[Age, ...]

    @property
    def open(self) -> int:
        """How many cases are open."""
        return self.overdue + self.soon + self.later


def tally(database: Database, at: datetime) -> Tally:
    """Count at this aware moment. Raises StorageError when the record cannot be read."""
    at = at.astimezone(timezone.utc)
    objection, decision = model.objection.c, model.decision.c
    is_open = objection.case_status.in_(sorted(states.OPEN))
    weeks, urgency = _weeks(at), _urgency(at.date())
    with database.session(read_only=True) as session:
        by_status = session.execute(
            select(objection.case_status, func.count()).group_by(objection.case_status)
        ).all()
        groups = session.execute(
            select(
                weeks.label("weeks"),
                urgency.label("urgency"),
                func.count().label("all"),
                func.count(objection.verified_at).label("verified"),
                func.count(objection.taken_by).label("taken"),
            )
            .where(is_open)
            # By name: PostgreSQL takes two expressions with parameters for different ones.
            .group_by("weeks", "urgency")
        ).all()
        proposals = session.execute(
            select(func.count())
            .select_from(model.decision)
            .join(model.objection, objection.id == decision.objection_id)
            .where(
                objection.case_status == "in_review",
                decision.kind == "refused",
                decision.confirmed_by.is_(None),
            )
        ).scalar_one()
    counts = {(row.weeks, _URGENCIES[row.urgency]): row.all for row in groups}
    ages = tuple(
        Age(week, **{name: counts.get((week, name), 0) for name in _URGENCIES})
        for week in range(WEEKS)
    )
    total = sum(row.all for row in groups)
    return Tally(
        at=at,
        by_status={**dict.fromkeys(model.CASE_STATUSES, 0), **dict(map(tuple, by_status))},
        overdue=sum(age.overdue for age in ages),
        soon=sum(age.soon for age in ages),
        later=sum(age.later for age in ages),
        not_taken=total - sum(row.taken for row in groups),
        unverified=total - sum(row.verified for row in groups),
        proposals=proposals,
        ages=ages,
    )


def _weeks(at: datetime) -> Any:
    received = model.objection.c.received_at
    ends = [(received > at - timedelta(weeks=week + 1), week) for week in range(WEEKS - 1)]
    return case(*ends, else_=WEEKS - 1)


def _urgency(today: date) -> Any:
    due_on = model.objection.c.due_on
    soon = today + timedelta(days=SOON_DAYS)
    return case((due_on < today, 0), (due_on <= soon, 1), else_=2)
