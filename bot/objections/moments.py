"""This moment, and how a day is written for people."""

from __future__ import annotations

from datetime import date, datetime, timezone

__all__ = ["in_words", "now"]

# Not by the locale of the process: whatever that is, the sentences around a day are English.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(timezone.utc)


def in_words(day: date) -> str:
    """27 December 2024."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
