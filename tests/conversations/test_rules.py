"""The policy decides as Rasa's own does, which looks at more than our rules can need."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.app import Application
from bot.runtime.rules import TopicRules
from bot.runtime.tracker import STATES
from tests.conversations.conftest import Person

pytestmark = pytest.mark.slow

SAID = (
    "hi", "when does it start?", "and photos?", "pizza",
    "from which date? and do they read my dms?",
    "I want to object", "Ana Silva", "ana@example.org", "is that legal?", "Ireland", "help",
    "instagram ana.lund", "start over", "yes", "I want to object", "Ana Silva", "ana@example.org",
    "skip", "instagram ana.lund", "none", "what happens to my photos?", "none", "status",
    "never mind", "skip", "change my name", "Ana Lund", "maybe", "yes", "status", "withdraw it",
    "no",
    "I want to object", "cancel", "yes", "are you a person?", "i want to die", "thanks", "bye",
)


@pytest.fixture
def policy(application: Application) -> TopicRules:
    nodes = application.agent.processor.graph_runner._nodes.values()
    (found,) = [n._component for n in nodes if isinstance(n._component, TopicRules)]
    policy: TopicRules = found
    return policy


def test_it_decides_as_rasas_own(
    person: Person, policy: TopicRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = TopicRules._predict
    rasas = copy.copy(policy)
    rasas.__class__ = RulePolicy
    decided: list[str] = []

    def both(self: TopicRules, tracker: DialogueStateTracker, domain: Domain) -> Any:
        slow = DialogueStateTracker.from_events("ana", [*tracker.events], domain.slots)
        slow.followup_action = tracker.followup_action
        found, expected = own(self, tracker, domain), rasas._predict(slow, domain)
        expected[0].policy_name = found[0].policy_name
        assert found[0] == expected[0]
        assert found[0].hide_rule_turn == expected[0].hide_rule_turn
        decided.append(domain.action_names_or_texts[found[0].max_confidence_index])
        return found

    monkeypatch.setattr(TopicRules, "_predict", both)
    for text in SAID:
        person.says(text)
    assert len(decided) > 2 * len(SAID)
    assert len({*decided}) >= 12


def test_no_rule_is_on_words_or_longer_than_what_the_policy_is_told(policy: TopicRules) -> None:
    rules = [
        policy._rule_key_to_state(key)
        for keys in policy.lookup.values() if isinstance(keys, dict)
        for key in keys
    ]
    assert max(map(len, rules)) <= STATES
    assert not any("text" in state.get("user", {}) for rule in rules for state in rule)
