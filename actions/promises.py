"""When an answer may be expected, in words.

Only the controller answers, so the bot says these sentences in its name alone: for everybody else
`bot/runtime/wording.py` leaves them out.
"""

from __future__ import annotations

from bot.objections.moments import in_words
from bot.objections.service import Filed, Status

_UNANSWERED = frozenset({"received", "in_review"})


def after_filing(filed: Filed) -> str:
    """The promise to the person who has just filed."""
    return f"You will get an answer by {in_words(filed.due_on)}."


def in_the_status(status: Status) -> str:
    """What is said about the answer under a number; nothing once there is one.

    Worded so that it is also true when the day has passed.
    """
    if status.case_status not in _UNANSWERED:
        return ""
    return f"An answer is due by {in_words(status.due_on)}."
