"""What people are told about where a case stands: one row for each state, for every text of ours.

Here a person is told no more than is true of the record in that state. No list of accounts is
published yet and nothing else reads the record, so only `handled` may say that accounts are left
out; no case gets there before it is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SENTENCES", "Sentences"]


@dataclass(frozen=True)
class Sentences:
    """What is said of a case that stands so.

    Attributes:
        state: in the chat, after the number.
        accounts: in a mail, about the accounts in it.
        desk: to an operator who has just brought it there, about its accounts.
    """

    state: str
    accounts: str
    desk: str


_COUNTS = "The notice says that an objection counts once it has been handled"
_HELD = (
    "Until there is an answer, the accounts in it are on hold: it is on record that they are not "
    f"to be used. {_COUNTS}; this one has not been handled yet."
)
_HELD_AT_THE_DESK = "Its accounts are on hold in the record."

SENTENCES: Mapping[str, Sentences] = {
    "received": Sentences(
        state=f"It is recorded and waits to be looked at. {_COUNTS}.",
        accounts=_HELD,
        desk=_HELD_AT_THE_DESK,
    ),
    "in_review": Sentences(
        state=f"It is being looked at. {_COUNTS}.",
        accounts=_HELD,
        desk=_HELD_AT_THE_DESK,
    ),
    "upheld": Sentences(
        state=f"It was upheld. {_COUNTS}; this one has not been handled yet.",
        accounts=(
            "It is decided and on record that the accounts in it are to be left out. "
            f"{_COUNTS}; this one has not been handled yet."
        ),
        desk=(
            "Its accounts are on record as to be excluded. No list of them is published yet, so "
            "the record by itself leaves them out nowhere."
        ),
    ),
    "handled": Sentences(
        state="It has been handled.",
        accounts="The accounts in it are left out.",
        desk="Its accounts are left out.",
    ),
    "refused": Sentences(
        state="It was refused.",
        accounts="It does not hold the accounts in it any longer.",
        desk="Its accounts stay on hold in the record until the person has been told.",
    ),
    # Also the end of a hold whose address nobody confirmed, which no mail tells of.
    "not_matched": Sentences(
        state=(
            "It was closed: no account was found for it, or its e-mail address was not confirmed "
            "in time."
        ),
        accounts="The usernames in it stay on record as on hold.",
        desk="What it names stays on hold in the record.",
    ),
    "withdrawn": Sentences(
        state="It was taken back.",
        accounts="It does not count any more and holds none of the accounts in it.",
        desk="It holds none of its accounts any more.",
    ),
}
