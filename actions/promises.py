"""When an answer may be expected, in words.

Only the controller answers, so the bot says these sentences in its name alone: for everybody else
`bot/runtime/wording.py` leaves them out.
"""

from __future__ import annotations

from datetime import date

from bot.objections.service import Filed, Status

_UNANSWERED = frozenset({"received", "in_review"})


def in_words(day: date) -> str:
    """27 December 2024."""
    return f"{day.day} {day:%B %Y}"


def after_filing(filed: Filed) -> str:
    """The promise to the person who has just filed."""
    return f"You will get an answer by {in_words(filed.due_on)}."


def in_the_status(status: Status, *, filed_here: bool) -> str:
    """What is said about the answer under a number; nothing once there is one.

    Worded so that it is also true when the day has passed. Who has filed in another conversation
    gets the rule, which follows from the day of receipt: the date itself would tell whoever else
    has the number which country the person named.
    """
    if status.case_status not in _UNANSWERED:
        return ""
    if filed_here:
        return f"An answer is due by {in_words(status.due_on)}."
    return (
        "An answer is due one month after it was received. If that day is a Saturday, a Sunday or "
        "a public holiday, it is due on the next working day."
    )
