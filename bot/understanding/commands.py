"""Commands: what a person's message does, whatever its words.

    set       field, value           a value for a field of the filing, a code or a number
    account   platform?, handle?, as an account: main, linked, unlinked, or only named; `replaces`
    an
                                     account that was wrong
    remove    platform?, handle? or field
    region    value                  a place that is no country, where the country was asked for
    change    field?                 something is to be changed, its new value is not said
    ask       text                   a question or remark about the notice or this service
    why, where, progress  field?     help with a field

The other kinds (`ACTS`) say everything by their name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["ACTS", "ASKED", "NOTHING", "Command"]

# What can be asked for when a message arrives; `open` is nothing.
ASKED = (
    "open", "full_name", "email", "country", "account", "platform", "handle", "linked_accounts",
    "linked_mentioned", "unlinked_accounts", "reason", "summary", "what_to_change", "after_filing",
    "new_email", "new_name", "number", "withdraw_confirm",
)  # fmt: skip
# What a part of a message does. The first five bring or take values, the rest stand for themselves.
VALUES = ("give", "correct", "add", "remove", "change")
ACTS = (
    *VALUES, "yes", "no", "none", "skip", "dont_know", "refuse", "stop", "wait", "back",
    "start_over", "ask", "why", "where", "explain", "progress", "complain", "told", "human", "bot",
    "language", "privacy", "greet", "thanks", "bye", "for_other", "file", "status", "lost_number",
    "withdraw", "keep", "new_code", "no_code", "nonsense", "off", "distress",
)  # fmt: skip

# There is nothing to give: for the field that was asked for, and for others that are named.
NOTHING = frozenset(("none", "skip", "no", "refuse"))


@dataclass(frozen=True)
class Command:
    """One thing that a message does; which of the rest is filled depends on `do`.

    Attributes:
        do: `set`, `account`, `region`, or one of `ACTS`.
        field: name of a field of the filing, or `code`, `number`.
        value: the value as read: a name, an address, a country's code, words.
        platform, handle: of an account.
        relation: `main`, `linked`, `unlinked` or `named`.
        replaces: (platform, handle) of the account that this one takes the place of, as far as it
        was
            said; () where it was not.
        text: the words of a part that is answered by its topic.
        confidence: 0 to 1, of the act.
    """

    do: str
    field: str | None = None
    value: str | None = None
    platform: str | None = None
    handle: str | None = None
    relation: str | None = None
    replaces: tuple[str | None, ...] | None = None
    text: str | None = None
    confidence: float = 1.0

    @classmethod
    def of_button(cls, payload: str) -> Command:
        """What a button does, by its payload: "=skip", "=change email", "=account facebook"."""
        do, _, rest = payload.removeprefix("=").partition(" ")
        return cls(do, platform=rest) if do == "account" else cls(do, rest or None)

    def as_dict(self) -> dict[str, Any]:
        """Only what is filled; the inverse of `from_dict`."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Command:
        """Raises TypeError for what `as_dict` would not have written."""
        replaces = data.get("replaces")
        return cls(**{**data, "replaces": None if replaces is None else tuple(replaces)})
