"""An assistant that is only half there does not start."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.agent import Agent, load_agent
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from sqlalchemy.engine import Engine
from threadpoolctl import threadpool_info

from bot.nlu.encoders import WeightsError
from bot.runtime import assistant
from bot.runtime.actions import InProcessActions
from bot.runtime.assistant import StartUpError
from bot.runtime.store import ConversationStore
from bot.settings import Settings

DOMAIN = Domain.from_dict({"intents": ["greet"], "actions": ["action_one", "action_two"]})


def actions(names: Iterable[str]) -> Any:
    return SimpleNamespace(names=frozenset(names))


COMPLETE = actions(["action_one", "action_two"])


@pytest.fixture
def store(sqlite: Engine) -> ConversationStore:
    return ConversationStore(sqlite, DOMAIN)


def agent(store: Any, domain: Domain | None = DOMAIN, nlu: str | None = "nlu") -> Any:
    """An agent as it is after its model was loaded."""
    metadata = SimpleNamespace(nlu_target=nlu)
    processor = SimpleNamespace(tracker_store=store, model_metadata=metadata)
    return SimpleNamespace(domain=domain, processor=processor)


def test_an_agent_with_everything_may_start(store: ConversationStore) -> None:
    assistant.check(agent(store), store, COMPLETE)


def test_an_action_without_code_is_named(store: ConversationStore) -> None:
    with pytest.raises(StartUpError, match=r"action_two\."):
        assistant.check(agent(store), store, actions(["action_one"]))


def test_an_answer_is_no_action_without_code(store: ConversationStore) -> None:
    domain = Domain.from_dict({"actions": ["utter_greet"], "responses": {"utter_greet": []}})
    assistant.check(agent(store, domain), store, actions([]))


@pytest.mark.parametrize("domain", [None, Domain.empty()], ids=["none", "empty"])
def test_a_model_without_a_domain_is_refused(
    store: ConversationStore, domain: Domain | None
) -> None:
    with pytest.raises(StartUpError, match="no domain"):
        assistant.check(agent(store, domain), store, COMPLETE)


def test_an_agent_without_a_model_is_refused(store: ConversationStore) -> None:
    with pytest.raises(StartUpError):
        assistant.check(Agent(domain=DOMAIN), store, COMPLETE)


def test_a_model_that_cannot_understand_text_is_refused(store: ConversationStore) -> None:
    with pytest.raises(StartUpError, match="understand"):
        assistant.check(agent(store, nlu=None), store, COMPLETE)


def test_another_store_than_the_configured_one_is_refused(store: ConversationStore) -> None:
    others = [
        InMemoryTrackerStore(DOMAIN),
        FailSafeTrackerStore(store),
        ConversationStore(store._engine, DOMAIN),
    ]
    for other in others:
        with pytest.raises(StartUpError, match="store"):
            assistant.check(agent(other), store, COMPLETE)


@pytest.mark.parametrize("content", [None, b"", b"no model"], ids=["absent", "empty", "garbage"])
def test_a_model_that_cannot_be_loaded_is_a_start_up_error(
    sqlite: Engine, tmp_path: Path, content: bytes | None
) -> None:
    model = tmp_path / "model.tar.gz"
    if content is not None:
        model.write_bytes(content)
    settings = Settings.load({"DATA_DIR": str(tmp_path)})
    with pytest.raises(StartUpError, match="could not be loaded"):
        assistant.load(settings, model, sqlite, InProcessActions("actions", 5))


def test_encoders_that_cannot_be_loaded_are_told_in_their_words(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> None:
        raise WeightsError("The encoders' graph is damaged.")

    monkeypatch.setattr(assistant, "encoder", damaged)
    settings = Settings.load({"DATA_DIR": str(tmp_path)})
    with pytest.raises(StartUpError, match="graph is damaged"):
        assistant.load(settings, tmp_path / "model.tar.gz", sqlite, InProcessActions("actions", 5))


async def test_rasa_itself_goes_on_without_a_model(tmp_path: Path) -> None:
    """Why there is a check of our own."""
    garbage = tmp_path / "model.tar.gz"
    garbage.write_bytes(b"no model")
    for path in (tmp_path / "absent.tar.gz", garbage):
        loaded = await load_agent(model_path=str(path))
        assert loaded.is_ready() is False


def test_rasa_itself_wraps_the_store_that_it_is_given(store: ConversationStore) -> None:
    """Why the store is put in again after the agent was made."""
    assert isinstance(Agent(tracker_store=store).tracker_store, FailSafeTrackerStore)


@pytest.mark.slow
def test_the_real_model_starts_with_the_configured_store(
    sqlite: Engine, model: Path, tmp_path: Path
) -> None:
    settings = Settings.load({"DATA_DIR": str(tmp_path)})
    loaded = assistant.load(settings, model, sqlite, InProcessActions("actions", 5))

    assert loaded.agent.is_ready()
    assert isinstance(loaded.agent.tracker_store, ConversationStore)
    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    assert blas and {library["num_threads"] for library in blas} == {1}
