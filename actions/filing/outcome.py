"""What becomes of a draft when commands are applied to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actions.filing.draft import Slots
from bot.objections.errors import FieldError

__all__ = ["Note", "Outcome"]


@dataclass(frozen=True)
class Note:
    """Something to say before the form goes on: a response and the values in it."""

    response: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """New values of slots, and what is said first. A slot set to None is asked for again; without
    slots the message is not for the form, and the rules answer it.

    Attributes:
        draft: the slots as they were.
        asked: the field that the form asked for.
        taken: fields that got a value, in their order, to be said back.
    """

    draft: Slots
    asked: str
    slots: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    taken: dict[str, None] = field(default_factory=dict)

    @property
    def begins(self) -> bool:
        """Whether nothing was asked for yet."""
        return self.draft.get("requested_slot") is None

    def now(self, slot: str) -> Any:
        """The value of a slot as it stands after what was applied so far."""
        return self.slots[slot] if slot in self.slots else self.draft.get(slot)

    @property
    def all(self) -> dict[str, Any]:
        """All slots as they stand after what was applied so far."""
        return {**self.draft, **self.slots}

    def take(self, slot: str, value: Any) -> None:
        """A value that the person gave: the summary changes, and it is said back."""
        if slot in self.draft and self.now(slot) == value and slot != self.asked:
            return
        self.slots[slot] = value
        self.slots.setdefault("objection_confirmed", None)
        self.taken[slot] = None

    def ask(self, slot: str) -> None:
        """Ask for a field, also where it had a value."""
        self.slots.update({slot: None, "objection_confirmed": None})

    def say(self, response: str, **values: str) -> None:
        """Say this first; the question that stands is asked again."""
        self.notes.append(Note(response, values))
        self.slots.setdefault(self.asked, self.draft.get(self.asked) if self.begins else None)

    def problem(self, error: FieldError) -> None:
        """Say why a value was not taken."""
        self.say("say_file_problem", problem=error.sentence)

    def ask_back(self, slot: str, kind: str, **values: Any) -> None:
        """Ask one yes-or-no question for a field before it is taken."""
        self.slots.update({slot: None, "objection_confirmed": None})
        self.slots["asked_back"] = {"field": slot, "kind": kind, **values}
