"""A message in a filing, and what was understood of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actions.filing import phrases
from bot import patterns
from bot.objections.errors import FieldError

_SIGN = patterns.compile(r"[\d@._/]")


@dataclass(frozen=True)
class Said:
    """The message to read. `asked` is the field that the form asked for, None when it begins."""

    text: str
    topic: str | None
    confidence: float
    asked: str | None

    @property
    def asks_something(self) -> bool:
        """Whether it has the form of a question."""
        return bool(phrases.QUESTION.search(self.text))

    @property
    def is_plain(self) -> bool:
        """Whether it is words alone: no digit or sign as in addresses, handles and links."""
        return not _SIGN.search(self.text.rstrip("."))

    @property
    def is_about_the_notice(self) -> bool:
        return (self.topic or "").startswith(("faq/", "not_covered/"))


@dataclass(frozen=True)
class Note:
    """Something to say before the form goes on: a response and the values in it."""

    response: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Reading:
    """What was understood. Slots set to None are asked for again. No slots: not for the form."""

    slots: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note_problem(self, asked: str, problem: FieldError) -> None:
        """Say what is wrong with the reply for `asked`, which is then asked for again."""
        self.slots[asked] = None
        if asked == "account" and problem.code in ("platform_missing", "handle_missing"):
            # The next question asks for the other half, and says it all.
            halves = {"platform": problem.platform, "handle": problem.handle}
            self.slots["pending_account"] = {k: v for k, v in halves.items() if v}
            return
        self.notes.append(Note("say_file_problem", {"problem": problem.sentence}))
