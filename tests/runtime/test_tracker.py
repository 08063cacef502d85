"""A tracker that costs little to copy is in the same states as Rasa's."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    Event,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from bot.runtime.tracker import STATES, LightTracker

NAMES = ("email", "account", "greeted")
DOMAIN = Domain.from_dict(
    {
        "intents": ["greet", "deny"],
        "actions": ["action_one", "action_two"],
        "forms": {"form": {"required_slots": ["email"]}},
        "slots": {
            name: {
                "type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}],
                "initial_value": initial,
            }
            for name, initial in zip(NAMES, (None, None, ["no"]), strict=True)
        },
    }
)
ACTIONS = ("action_one", "action_two", "action_listen", "form")
EVENTS = st.one_of(
    st.builds(SlotSet, st.sampled_from(NAMES), st.one_of(st.none(), st.text(max_size=3))),
    st.builds(ActionExecuted, st.sampled_from(ACTIONS)),
    st.builds(lambda name: UserUttered(name, {"name": name}), st.sampled_from(("greet", "deny"))),
    st.builds(ActiveLoop, st.sampled_from(("form", None))),
    st.builds(LoopInterrupted, st.booleans()),
    st.builds(ActionExecutionRejected, st.just("form")),
    st.sampled_from((BotUttered, SessionStarted, Restarted, AllSlotsReset, ActionReverted,
                     UserUtteranceReverted)).map(lambda kind: kind()),
)
SOME = st.lists(EVENTS, max_size=25)


def light(events: list[Event]) -> LightTracker:
    return LightTracker.from_events("ana", events, DOMAIN.slots)


def rasas(events: list[Event]) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("ana", events, DOMAIN.slots)


def state(tracker: DialogueStateTracker) -> dict[str, Any]:
    return copy.deepcopy(
        {**tracker.current_state(EventVerbosity.ALL), "loop": tracker.active_loop}
    )


@given(SOME, SOME)
def test_it_is_in_the_same_state_and_so_are_its_copies(
    before: list[Event], after: list[Event]
) -> None:
    tracker = light(before)
    twin = tracker.copy()
    assert state(tracker) == state(twin) == state(rasas(before))
    twin.update_with_events(after, DOMAIN)
    # What happens to a copy happens to nothing else: neither to this one, nor to a new one.
    assert state(tracker) == state(rasas(before))
    assert state(tracker.init_copy()) == state(rasas([]))
    assert state(light([])) == state(rasas([]))
    assert state(twin)["slots"] == state(rasas([*before, *after]))["slots"]
    tracker.update_with_events(after, DOMAIN)
    assert state(tracker)["slots"] == state(twin)["slots"]


@given(SOME)
def test_rules_are_told_the_last_of_its_states(events: list[Event]) -> None:
    found = light(events).past_states(DOMAIN)
    assert found == rasas(events).past_states(DOMAIN)[-len(found) :]
    assert len(found) == min(STATES + 1, len(rasas(events).past_states(DOMAIN)))
