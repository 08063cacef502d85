"""A tracker that costs little to copy.

Rasa copies the tracker for each action that it runs, and makes another one each time that it looks
for a rule. Its own way is to copy every slot and to apply every event again, so the time grows with
the turns that are kept. Here copies share their slots until one of them is set.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator

from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

__all__ = ["STATES", "LightTracker"]

# The rules are told what held before each of so many last actions, and now; none asks for more.
STATES = 4


class LightTracker(DialogueStateTracker):
    """A tracker whose slots are never changed, only replaced."""

    def __init__(
        self,
        sender_id: str,
        slots: Iterable[Slot],
        max_event_history: int | None = None,
        sender_source: str | None = None,
        is_rule_tracker: bool = False,
    ) -> None:
        super().__init__(sender_id, [], max_event_history, sender_source, is_rule_tracker)
        self.slots = {slot.name: slot for slot in slots}
        self._reset_slots()

    def copy(self) -> LightTracker:
        """A tracker in the same state; what happens to one does not happen to the other."""
        twin = copy.copy(self)
        twin.events = self.events.copy()
        twin.slots = {**self.slots}
        twin.active_loop = copy.copy(self.active_loop)
        return twin

    def init_copy(self) -> LightTracker:
        """A tracker of the same conversation before anything happened."""
        return LightTracker(
            self.sender_id,
            self.slots.values(),
            self._max_event_history,
            is_rule_tracker=self.is_rule_tracker,
        )

    def generate_all_prior_trackers(self) -> Iterator[tuple[LightTracker, bool]]:
        """As Rasa's, from the last `STATES` states on."""
        happened = self.applied_events()
        actions = [i for i, event in enumerate(happened) if isinstance(event, ActionExecuted)]
        first = actions[-STATES:][0] if actions else 0
        tracker = self.init_copy()
        for i, event in enumerate(happened):
            if i >= first and isinstance(event, ActionExecuted):
                yield tracker, event.hide_rule_turn
            tracker.update(event)
        yield tracker, False

    def _set_slot(self, key: str, value: object) -> None:
        if key in self.slots:
            self.slots[key] = copy.copy(self.slots[key])
        super()._set_slot(key, value)

    def _reset_slots(self) -> None:
        for name, slot in self.slots.items():
            if slot.has_been_set or slot.value != slot.initial_value:
                self.slots[name] = copy.copy(slot)
                self.slots[name].reset()
