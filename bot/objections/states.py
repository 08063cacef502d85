"""The states of a case, and what they allow for the accounts that it covers. Pure tables.

Three facts about an objection are never mixed: how its case stands, whether the e-mail address was
confirmed, and what is excluded. This is what binds the first to the third. The second binds
nothing: an objection counts from its receipt (GDPR Art. 18(1)(d)), whether or not an address is
confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.objections.errors import MoveRefused

__all__ = ["CLOSED", "EXCLUSIONS", "MOVES", "OPEN", "STANDING", "check_move", "exclusion_after"]

# From any state it can be withdrawn, and a refusal can be appealed.
MOVES: Mapping[str, frozenset[str]] = {
    "received": frozenset({"in_review", "withdrawn"}),
    "in_review": frozenset({"upheld", "refused", "not_matched", "withdrawn"}),
    "upheld": frozenset({"handled", "withdrawn"}),
    "handled": frozenset({"withdrawn"}),
    "refused": frozenset({"in_review", "withdrawn"}),
    "not_matched": frozenset({"in_review", "withdrawn"}),
    "withdrawn": frozenset(),
}
OPEN = frozenset({"received", "in_review"})
CLOSED = frozenset({"handled", "refused", "not_matched", "withdrawn"})
# In these nobody may use an account.
STANDING = ("hold", "excluded")

# What its accounts may be in each state of a case; any other pair is forbidden. A refusal goes on
# holding until the person has been told of it. An unverified hold may expire before its case is
# decided, which ends as not matched.
EXCLUSIONS: Mapping[str, frozenset[str]] = {
    "received": frozenset({"hold"}),
    "in_review": frozenset({"hold"}),
    "upheld": frozenset({"excluded"}),
    "handled": frozenset({"excluded"}),
    "refused": frozenset({"hold", "released"}),
    "not_matched": frozenset({"hold", "released"}),
    "withdrawn": frozenset({"released"}),
}
_AFTER: Mapping[str, str] = {
    # After an appeal the account is held again: the case is open.
    "in_review": "hold",
    "upheld": "excluded",
    "handled": "excluded",
    "refused": "hold",
    "not_matched": "hold",
    "withdrawn": "released",
}


def check_move(now: str, to: str) -> None:
    """Raises MoveRefused where a case that stands so cannot come to stand otherwise."""
    if to not in MOVES[now]:
        raise MoveRefused(now, to)


def exclusion_after(to: str) -> str:
    """What the accounts of a case are once it has moved to this state."""
    return _AFTER[to]
