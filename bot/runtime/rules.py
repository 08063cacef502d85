"""Rasa's policy of rules, for rules that are all on topics.

For each action it looks for a rule on the words of a message and then for one on its topic, and
reads every rule each time. None of ours is on words, and a rule applies only if the action that it
waits for was the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME

__all__ = ["TopicRules"]


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class TopicRules(RulePolicy):
    """Decides for the next action by the rules in the training data."""

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input:
            return None, None, False
        found: tuple[str | None, str | None, bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found

    def _get_possible_keys(self, lookup: Mapping[str, str], states: list[State]) -> set[str]:
        last = _action_before(states[-1])
        possible = {key: lookup[key] for key in lookup if _action_awaited(key) == last}
        keys: set[str] = super()._get_possible_keys(possible, states)
        return keys


@lru_cache(maxsize=1000)
def _action_awaited(rule: str) -> str | None:
    return _action_before(RulePolicy._rule_key_to_state(rule)[-1])


def _action_before(state: Mapping[str, Any]) -> str | None:
    name: str | None = state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
    return name
