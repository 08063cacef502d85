"""Actions in the same process answer as the action server would."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError

from bot.runtime.actions import ActionTimeout, InProcessActions
from bot.runtime.identity import Identity, acting_for
from tests.runtime import sample_actions

CALL = {
    "next_action": "sample_meddling",
    "sender_id": "ana",
    "domain": {"intents": ["greet"]},
    "tracker": {
        "sender_id": "ana",
        "slots": {"email": "ana@example.org"},
        "latest_message": {"text": "hi", "intent": {"name": "greet"}},
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": None,
    },
}


@pytest.fixture(scope="module")
def actions() -> InProcessActions:
    return InProcessActions("tests.runtime.sample_actions", limit=5)


def call(action: str) -> dict[str, Any]:
    return {**copy.deepcopy(CALL), "next_action": action}


async def run_by_rasa(action: str, endpoint: InProcessActions) -> list[Any]:
    """What Rasa makes of an action's answer."""
    domain = Domain.from_dict({"actions": [action]})
    return await RemoteAction(action, endpoint).run(
        CollectingOutputChannel(),
        TemplatedNaturalLanguageGenerator({}),
        DialogueStateTracker("ana", []),
        domain,
    )


async def test_an_action_answers_with_events_and_messages(actions: InProcessActions) -> None:
    answer = await actions.request(json=call("sample_meddling"), method="post", timeout=1)

    assert answer["responses"][0]["text"] == "done"
    (event,) = answer["events"]
    assert (event["event"], event["name"]) == ("slot", "kept")


async def test_an_action_knows_where_the_request_came_from(
    actions: InProcessActions, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    async def run(call: dict[str, Any]) -> dict[str, Any]:
        seen.append(call["tracker"]["latest_message"]["client"])
        return {}

    monkeypatch.setattr(actions._executor, "run", run)
    given = call("sample_meddling")
    await actions.request(json=given)
    with acting_for(None, "203.0.113.7"):
        await actions.request(json=given)
    assert seen == [None, "203.0.113.7"]
    assert given == call("sample_meddling")


async def test_an_action_cannot_change_what_rasa_holds(actions: InProcessActions) -> None:
    given = call("sample_meddling")
    before = copy.deepcopy(given)
    await actions.request(json=given)
    assert given == before


async def test_the_domain_is_copied_once_and_anew_where_it_is_another(
    actions: InProcessActions, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    async def run(call: dict[str, Any]) -> dict[str, Any]:
        seen.append(call["domain"])
        return {}

    monkeypatch.setattr(actions._executor, "run", run)
    one, other = call("sample_meddling"), call("sample_meddling")
    other["domain"] = {"intents": ["another"]}
    for given in (one, one, other, one):
        await actions.request(json=given)
    assert [domain["intents"] for domain in seen] == [["greet"], ["greet"], ["another"], ["greet"]]
    assert seen[0] is seen[1] and seen[0] is not one["domain"]


async def test_rasa_cannot_change_what_an_action_holds(actions: InProcessActions) -> None:
    answer = await actions.request(json=call("sample_meddling"))
    answer["events"][0]["value"].append("changed by Rasa")
    assert sample_actions.KEPT == ["as it was"]


async def test_an_action_that_refuses_is_a_400_as_from_the_action_server(
    actions: InProcessActions,
) -> None:
    with pytest.raises(ClientResponseError) as refusal:
        await actions.request(json=call("sample_refusing"))
    assert refusal.value.status == 400
    body = json.loads(refusal.value.text)
    assert body["action_name"] == "sample_refusing"
    assert "not now" in body["error"]


async def test_rasa_reads_the_refusal_and_may_predict_another_action(
    actions: InProcessActions,
) -> None:
    with pytest.raises(ActionExecutionRejection) as refusal:
        await run_by_rasa("sample_refusing", actions)
    assert refusal.value.action_name == "sample_refusing"


async def test_who_is_logged_in_is_told_beside_the_message_and_kept_from_rasa(
    actions: InProcessActions,
) -> None:
    given = call("sample_noting")
    with acting_for(Identity(name="Ana Silva")):
        known = await actions.request(json=given)
    unknown = await actions.request(json=given)
    assert known["events"][0]["value"] == {"name": "Ana Silva"}
    assert unknown["events"][0]["value"] is None
    assert given == call("sample_noting")


async def test_an_action_that_takes_too_long_is_given_up() -> None:
    hasty = InProcessActions("tests.runtime.sample_actions", limit=0.05)
    with pytest.raises(ActionTimeout) as given_up:
        await hasty.request(json=call("sample_slow"))
    assert str(given_up.value) == "sample_slow"


async def test_an_action_that_fails_does_not_look_as_if_it_had_worked(
    actions: InProcessActions,
) -> None:
    with pytest.raises(ZeroDivisionError):
        await actions.request(json=call("sample_failing"))


async def test_an_action_that_does_not_exist_is_an_error(actions: InProcessActions) -> None:
    with pytest.raises(Exception, match="sample_nothing"):
        await actions.request(json=call("sample_nothing"))


def test_the_actions_of_a_package_are_known_by_name(actions: InProcessActions) -> None:
    assert {"sample_meddling", "sample_refusing"} <= actions.names


def test_every_action_of_the_domain_has_code() -> None:
    domain = Domain.load("domain.yml")
    assert set(domain.user_actions) <= InProcessActions("actions", limit=5).names
