"""What held at the beginning of a turn, so that the events before it need not be read again.

A snapshot is kept as plain values and given back as the few events that bring it about: Rasa copies
a tracker by replaying its events, so what stands in no event would be lost with the first action.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.runtime.redaction import PERSONAL_SLOTS

__all__ = ["Snapshot"]


@dataclass(frozen=True)
class Snapshot:
    """The state of a conversation between two turns.

    Attributes:
        slots: values that differ from the slots' first ones.
        intent: what the person meant with the last words that count: while a form is asking, those
            with which it began.
        loop: name of the active form.
        is_rejected: whether that form refused to run last.
        filing_from: number of the event in which the person began the filing that is going on.
    """

    slots: dict[str, Any] = field(default_factory=dict)
    intent: str | None = None
    loop: str | None = None
    is_rejected: bool = False
    filing_from: int | None = None

    @classmethod
    def of(cls, tracker: DialogueStateTracker, filing_from: int | None) -> Snapshot:
        """The state that a tracker is in; it has to be waiting for the person."""
        slots = {
            name: slot.value
            for name, slot in tracker.slots.items()
            if slot.value != slot.initial_value
        }
        said = [event for event in tracker.applied_events() if isinstance(event, UserUttered)]
        return cls(
            slots,
            said[-1].intent_name if said else None,
            tracker.active_loop_name,
            tracker.is_active_loop_rejected,
            filing_from,
        )

    def as_dict(self) -> dict[str, Any]:
        """As `Snapshot(**…)` takes it; JSON can hold it."""
        return asdict(self)

    def without_details(self) -> Snapshot:
        """The same without what is personal in a filing."""
        slots = {name: value for name, value in self.slots.items() if name not in PERSONAL_SLOTS}
        return replace(self, slots=slots)

    def events(self, at: float) -> list[Event]:
        """Events that bring this state about, all at one time, in seconds since 1970."""
        begun = [
            ActionExecuted("action_session_start", timestamp=at),
            SessionStarted(timestamp=at),
            *(SlotSet(name, value, timestamp=at) for name, value in self.slots.items()),
        ]
        if self.intent is not None:
            begun += [
                ActionExecuted("action_listen", timestamp=at),
                UserUttered("", {"name": self.intent}, timestamp=at),
            ]
        if self.loop is not None:
            # As at a form's first run: its next one is then taken for a further one.
            begun += [
                ActionExecuted(self.loop, timestamp=at),
                ActiveLoop(self.loop, timestamp=at),
            ]
            if self.is_rejected:
                begun.append(ActionExecutionRejected(self.loop, timestamp=at))
        return [*begun, ActionExecuted("action_listen", timestamp=at)]
