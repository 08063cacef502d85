"""What the page around the chat says of somebody who is logged in to it, read as if they had typed
it.

It comes with every call of an action, beside what was understood of the message, and is stored
nowhere: only what a filing takes from it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_sdk import Tracker

from actions.base import commands
from bot.objections.accounts import parse_account
from bot.objections.errors import FieldError
from bot.objections.fields import parse_email, parse_full_name

__all__ = ["answered", "taken_over"]

_READS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "full_name": ("name", parse_full_name),
    "email": ("email", parse_email),
    "account": ("account", lambda text: parse_account(text).as_dict()),
}


def taken_over(tracker: Tracker) -> dict[str, Any]:
    """Slots that a filing begins with. What the person tells in the same message goes before."""
    told = {"account" if one.do == "account" else one.field for one in commands(tracker)}
    taken = {field: value for field, value in _read(tracker).items() if field not in told}
    if tracker.get_slot("references"):
        # For that account it was filed already: another filing is for another one.
        taken.pop("account", None)
    return taken


def answered(tracker: Tracker) -> list[str]:
    """The fields of the draft that the login has answered, and the person has left so."""
    return [
        field for field, value in _read(tracker).items() if tracker.get_slot(field) == value
    ]


def _read(tracker: Tracker) -> dict[str, Any]:
    """What can be read; the rest is asked for like everything else."""
    said = tracker.latest_message.get("identity") or {}
    read: dict[str, Any] = {}
    for field, (claim, parse) in _READS.items():
        try:
            if claim in said:
                read[field] = parse(said[claim])
        except FieldError:
            continue
    return read
