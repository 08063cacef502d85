"""What can go wrong with an objection, each with words for the person and a code for the log.

ObjectionError
  + FieldError         something the person typed is not a valid value of one field
  + UnknownReference   no objection carries this number, or the caller may not see it
  + StorageError       the record could not be written: nothing was filed
  + ExtensionRefused   an answer cannot be put off so far, or not any more
  + CodeNotSent        no code may be mailed now: too many were
  + CodeRefused        a code was wrong, too old, used, or tried too often
  + MoveRefused        a case that stands so cannot come to stand otherwise
  + DecisionRefused    an operator may not decide this, not so, or not any more

`sentence` is shown to people as it stands. It never repeats what was typed, so it can be logged and
cannot carry markup back into a page. Operators are told the same in their own words,
`for_operators`: they did not file anything, and have no confirmation to look at.
"""

from __future__ import annotations

__all__ = [
    "CodeNotSent",
    "CodeRefused",
    "DecisionRefused",
    "ExtensionRefused",
    "FieldError",
    "MoveRefused",
    "ObjectionError",
    "StorageError",
    "UnknownReference",
]


class ObjectionError(Exception):
    """`code` is for the log, `sentence` for the person. `str()` is the code alone.

    `for_operators` is the sentence for the desk, where that is another one.
    """

    def __init__(self, code: str, sentence: str, for_operators: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.for_operators = for_operators or sentence


class FieldError(ObjectionError):
    """A value of `field` that was not understood.

    `handle` and `platform` hold the half of an account that was understood, so that only the other
    half has to be asked for. They are personal data and stay out of `str()` and `repr()`.
    """

    def __init__(
        self,
        field: str,
        code: str,
        sentence: str,
        *,
        handle: str | None = None,
        platform: str | None = None,
        for_operators: str = "",
    ) -> None:
        super().__init__(code, sentence, for_operators)
        self.field = field
        self.handle = handle
        self.platform = platform


class UnknownReference(ObjectionError):
    """The same answer for "does not exist" and "not yours", so that nobody can probe."""

    def __init__(self) -> None:
        super().__init__(
            "reference_unknown",
            "I cannot find an objection with that number. "
            "Please check the number on your confirmation.",
            "No objection has this number.",
        )


class StorageError(ObjectionError):
    """Raised after the transaction was rolled back."""

    def __init__(self) -> None:
        super().__init__(
            "storage_failed",
            "I could not save your objection, so nothing has been filed. "
            "Please try again in a few minutes.",
            "The record could not be read or written.",
        )


class ExtensionRefused(ObjectionError):
    """More time for an answer that the law does not give: `extension_too_long`, `_too_late` or
    `_twice`."""


class CodeRefused(ObjectionError):
    """One answer for every reason, so that nobody can narrow down a code or a number."""

    def __init__(self) -> None:
        super().__init__(
            "code_refused",
            "That code is not right, or it is not good any more. You can ask for a new one.",
        )


class CodeNotSent(ObjectionError):
    """No code goes out now; in `wait_s` seconds one may be asked for again. Nothing is changed: a
    code that was sent before stays as good as it was."""

    def __init__(self, limit: str, wait_s: int) -> None:
        super().__init__(
            f"code_limit_{limit}", f"{_NOT_SENT[limit]} Please ask {_when(wait_s)}."
        )
        self.wait_s = wait_s


def _when(seconds: int) -> str:
    minutes = -(-seconds // 60)
    if minutes <= 1:
        return "again in a minute" if minutes else "for one now"
    return f"again in {minutes} minutes" if minutes < 100 else f"again in {-(-minutes // 60)} hours"


class MoveRefused(ObjectionError):
    """A case cannot go from the state `now` to the state `to`."""

    def __init__(self, now: str, to: str) -> None:
        super().__init__(
            "move_refused",
            f"This objection is {_STATES[now]}, so it cannot be {_STATES[to]}.",
        )
        self.now = now
        self.to = to


class DecisionRefused(ObjectionError):
    """What an operator wanted cannot be done. The sentence is for the operator, and may name
    another operator."""


_NOT_SENT = {
    "none": "No code is on its way.",
    "minute": "No other code was sent, because the last one was asked for less than a minute ago.",
    "conversation": "No code was sent, because many were asked for in this chat today.",
    "client": "No code was sent, because many were asked for from your network lately.",
    "total": "No code was sent, because very many people are asking for one.",
    "mailbox": "No code was sent, because many have gone to this address today.",
    "share": "No code was sent, because many have gone from your network to this address today.",
}
_STATES = {
    "received": "received and nobody has taken it yet",
    "in_review": "in review",
    "upheld": "upheld",
    "handled": "handled",
    "refused": "refused",
    "not_matched": "closed as not matched",
    "withdrawn": "withdrawn",
}
