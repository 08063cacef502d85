"""Rasa's agent and processor as they serve: the same answers, for several people at once."""

from __future__ import annotations

import ast
import asyncio
import inspect
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain

from bot.runtime import assistant
from bot.runtime.actions import InProcessActions
from bot.runtime.processor import InOrder, ServingAgent, ServingProcessor
from bot.settings import Settings


class TwoAtOnce(ServingProcessor):
    """Understands a text only while somebody else's is being understood."""

    together = threading.Barrier(2, timeout=20)

    def __init__(self) -> None:
        self.http_interpreter = None
        self.domain = Domain.from_dict({"intents": ["greet"]})
        self.model_metadata = None
        self._begin()

    def _parse_message_with_graph(self, message: UserMessage, *rest: Any) -> dict[str, Any]:
        self.together.wait()
        return {"text": message.text, "intent": {"name": "greet"}, "entities": []}


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


async def test_two_texts_are_read_at_once(two_cores: None) -> None:
    processor = TwoAtOnce()
    read = [processor.parse_message(UserMessage(text)) for text in ("one", "two")]
    assert [parsed["text"] for parsed in await asyncio.gather(*read)] == ["one", "two"]


async def test_an_error_of_reading_is_told(two_cores: None) -> None:
    processor = TwoAtOnce()
    processor.domain = None
    processor._parse_message_with_graph = lambda *given: {}  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        await processor.parse_message(UserMessage("one"))


async def test_a_reading_that_waits_is_an_error_and_no_silence(
    two_cores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def waits(*given: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {}

    monkeypatch.setattr(MessageProcessor, "parse_message", waits)
    with pytest.raises(RuntimeError, match="waited"):
        await TwoAtOnce().parse_message(UserMessage("one"))


@pytest.mark.slow
async def test_the_graph_gives_what_rasas_scheduler_gives(
    model: Path, tmp_path: Path, sqlite: Any
) -> None:
    settings = Settings.load({"DATA_DIR": str(tmp_path)})
    actions = InProcessActions("actions", 5)
    loaded = assistant.load(settings, model, sqlite, actions)
    processor = loaded.agent.processor
    own = processor.graph_runner
    assert isinstance(own, InOrder)
    scheduled = DaskGraphRunner.__new__(DaskGraphRunner)
    scheduled._graph_schema, scheduled._instantiated_nodes = own._schema, own._nodes
    scheduled._execution_context = None
    for text in ("when does it start, and can I object?", "pizza", "I want to object", ""):
        message = UserMessage(text)
        processor.graph_runner = own
        parsed = await processor.parse_message(message)
        processor.graph_runner = scheduled
        assert parsed == await processor.parse_message(message)


def assigned(function: Any) -> set[str]:
    """What a method gives values to: "self.domain"."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return {
        ast.unparse(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
    }


def test_loading_sets_what_rasas_own_loading_sets() -> None:
    """Rasa names the class of the processor in the method itself, so it is written anew here."""
    assert assigned(ServingAgent.load_model) == assigned(Agent.load_model)
