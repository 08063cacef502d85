"""What a conversation waits for outside of its forms: a code, or another name or address.

A message that is one of these has a topic of its own, one that no words are otherwise read as. It
is known by what is awaited (the slot `awaited`, see `actions/awaiting.py`), not by the model: six
digits mean nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot import patterns
from bot.objections.codes import find_code
from bot.objections.references import find_reference

__all__ = ["HAS_DETAILS", "topic"]

Event = dict[str, Any]

# Topics of messages that hold a code, a name or an address.
HAS_DETAILS = frozenset({"check_status/code", "check_status/contact"})
_OF_A_CODE = patterns.compile(
    r"\b(?:code|mail|e-?mail|it|again|agian|another|new)\b", ignore_case=True
)
_NEW_CODE = patterns.compile(
    r"\b(?:re-?send|send|another|new)\b[\s\S]*"
    r"\b(?:code|again|agian|another|new|one|mail|e-?mail)\b"
    r"|\b(?:did ?n[\s\S]?t|didnt|not|never|no|havent|haven[\s\S]?t)\b[\s\S]*"
    r"\b(?:code|mail|e-?mail)\b"
    r"|\b(?:code|mail|e-?mail)\b[\s\S]*"
    r"\b(?:not|never|missing|expired|did ?n[\s\S]?t|didnt|hasn[\s\S]?t)\b",
    ignore_case=True,
)
_NO_NAME = patterns.compile(r"[?@\d/]")
_CHANGE = patterns.compile(
    r"\b(?:change|chnage|update|correct|fix|wrong|typo|misspell?ed|spell?(?:ed|t|ing)?|new)\b"
    r"[^.?!]{0,40}\b(?:e-?mail|mail|name|contact details)\b"
    r"|\b(?:e-?mail|mail|name|contact details)\b[^.?!]{0,40}"
    r"\b(?:change|wrong|typo|misspell?ed|spell?(?:ed|t)?|incorrect|not right)\b",
    ignore_case=True,
)
_MINE = patterns.compile(r"\b(?:my|the|an?|contact)\b", ignore_case=True)
_LONGEST_NAME = 80


def topic(
    events: Sequence[Event], text: str, before: Mapping[str, Any] | None = None
) -> str | None:
    """The topic that a typed text has because of what is awaited; None for all other texts.

    `before` has the slots that held before these events, and the form under `active_loop`.
    """
    slots = {**(before or {}), **_latest(events)}
    if slots.get("active_loop") is not None:
        return None
    awaited = slots.get("awaited") or {}
    expected = awaited.get("for")
    if expected == "number" and find_reference(text):
        return "withdraw_objection"
    if expected == "new_email" and "@" in text:
        return "check_status/contact"
    if expected == "new_name" and _is_like_a_name(text):
        return "check_status/contact"
    if "id" in awaited and find_code(text):
        return "check_status/code"
    asks_anew = len(text) < 120 and _OF_A_CODE.search(text) and _NEW_CODE.search(text)
    if "id" in awaited and asks_anew:
        return "check_status/new_code"
    if slots.get("references") and _CHANGE.search(text) and _MINE.search(text):
        return "check_status/contact"
    return None


def _latest(events: Sequence[Event]) -> dict[str, Any]:
    """The last values of the slots that matter here, and of the active loop."""
    found: dict[str, Any] = {}
    for event in events:
        if event["event"] == "slot" and event["name"] in ("awaited", "references"):
            found[event["name"]] = event["value"]
        elif event["event"] == "active_loop":
            found["active_loop"] = event["name"]
    return found


def _is_like_a_name(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and not _NO_NAME.search(text) and "cancel" not in text
