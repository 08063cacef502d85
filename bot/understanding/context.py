"""What a message is read against: what was asked for, and what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["OFFERS", "WITH_HALVES", "Context", "asked_for"]


# Of a message's metadata: `Context.offers`.
OFFERS = "offers"


@dataclass(frozen=True)
class Context:
    """The circumstances of one message.

    Attributes:
        asked: what was asked for, one of `commands.ASKED`.
        draft: the slots of the filing that is open; empty when none is.
        offers: what the buttons of the last answer would do, of those that a yes may be for:
            topics such as `file_objection`.
    """

    asked: str = "open"
    draft: Mapping[str, Any] = field(default_factory=dict)
    offers: Sequence[str] = ()

    @property
    def is_filing(self) -> bool:
        """Whether a filing is open."""
        return bool(self.draft.get("draft_id"))


# What is awaited outside of any form, by the slot `awaited` (actions/awaiting.py).
_AWAITED = {
    "new_email": "new_email", "new_name": "new_name", "number": "number",
    "withdraw_agreed": "withdraw_confirm",
}  # fmt: skip


# Where half of an account may have been given, so that the other half is asked for.
WITH_HALVES = ("account", "linked_accounts", "unlinked_accounts")


def asked_for(slots: Mapping[str, Any], loop: str | None) -> str:
    """What the last message of the bot asked for, by the slots and the form that is open."""
    requested = slots.get("requested_slot")
    if loop == "status_form":
        return "number"
    if loop != "objection_form" or requested is None:
        awaited = slots.get("awaited") or {}
        if "id" in awaited:
            return "after_filing"
        return _AWAITED.get(str(awaited.get("for")), "open")
    if slots.get("asked_back"):
        # Two buttons, yes and no: read as the other question of that kind.
        return "linked_mentioned"
    if requested in WITH_HALVES and slots.get("pending_account"):
        return "platform" if "handle" in slots["pending_account"] else "handle"
    if requested == "linked_accounts" and slots.get("mentioned_accounts"):
        return "linked_mentioned"
    if requested == "objection_confirmed":
        return "summary" if slots.get("summary_shown") else "what_to_change"
    return str(requested)
