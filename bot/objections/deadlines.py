"""The day by which an answer to an objection is due.

GDPR Art. 12(3): within one month of receipt, which may be extended by two further months if the
person is told, with the reasons, within that first month. How a month is counted is in Regulation
(EEC, Euratom) 1182/71, Art. 2 and 3. Source: https://eur-lex.europa.eu/eli/reg/1971/1182/oj

- The day of receipt is not counted: 3(1).
- The period ends with the last hour of the day with the same date in the last month, or of that
  month's last day where there is no such date: 3(2)(c).
- If that day is a public holiday, a Sunday or a Saturday, it ends with the last hour of the next
  working day: 3(4). A working day is every day but those: 2(2).

Public holidays are those of the whole country that the person named. One that only a region keeps
moves nothing, so that the answer is rather early than late. Without a country, or with one whose
holidays are not known, only weekends count.

A day is a day in UTC. The person's own clock is not on record, and a country does not tell it. On
the mainland of the EU it is never behind UTC, so no day begins there later than in UTC and nobody
waits longer for counting this way. It is also the day of receipt that the status tells, so that
whoever counts from there arrives at the same date.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

import holidays

from bot.objections.errors import ExtensionRefused

__all__ = ["MORE_MONTHS_MAX", "due_on", "extended_due_on", "is_working_day"]

MORE_MONTHS_MAX = 2
_SATURDAY = 5


def due_on(received_at: datetime, country: str | None) -> date:
    """The last day for an answer, to its end, for what was received at this aware moment.

    `country` is an ISO 3166-1 alpha-2 code in capitals. Raises ValueError for a moment without a
    time zone.
    """
    return _end_of_period(_day(received_at), 1, country)


def extended_due_on(
    received_at: datetime, country: str | None, more_months: int, told_at: datetime
) -> date:
    """The last day for an answer that takes 1 or 2 months more, counted from receipt.

    `told_at` is when the person is told. Raises ExtensionRefused `extension_too_long` for any other
    number of months and `extension_too_late` when the first month has ended by then, ValueError for
    a moment without a time zone.
    """
    if not 1 <= more_months <= MORE_MONTHS_MAX:
        raise ExtensionRefused(
            "extension_too_long",
            f"An answer can be put off by one month or by {MORE_MONTHS_MAX}, and no further.",
        )
    if _day(told_at) > due_on(received_at, country):
        raise ExtensionRefused(
            "extension_too_late",
            "The first month is over. An answer can only be put off before it ends.",
        )
    return _end_of_period(_day(received_at), 1 + more_months, country)


def is_working_day(day: date, country: str | None) -> bool:
    """Whether it is neither a Saturday, a Sunday nor a public holiday of the country."""
    return day.weekday() < _SATURDAY and day not in _public_holidays(country, day.year)


def _day(moment: datetime) -> date:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is on no certain day")
    return moment.astimezone(timezone.utc).date()


def _end_of_period(day: date, months: int, country: str | None) -> date:
    end = _months_after(day, months)
    while not is_working_day(end, country):
        end += timedelta(days=1)
    return end


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    _, last = monthrange(year, month)
    return date(year, month, min(day.day, last))


# Frozen sets, and not the library's own object: that one fills itself while it is asked, and a
# second thread that asks meanwhile finds a year without holidays.
@lru_cache(maxsize=1024)
def _public_holidays(country: str | None, year: int) -> frozenset[date]:
    if country is None:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
