"""Rasa's agent and processor, set up for many people at once.

A text is understood beside the event loop, and the graph of a model is run without the scheduler
that Rasa brings for it, which plans anew for each of the four runs of a turn.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker

__all__ = ["InOrder", "ServingAgent", "ServingProcessor"]


class InOrder(GraphRunner):
    """Runs a model's graph, one component after those it needs.

    Args:
        made: Rasa's own runner, which has made the components.
    """

    def __init__(self, made: DaskGraphRunner) -> None:
        self._schema: GraphSchema = made._graph_schema
        self._nodes: dict[str, GraphNode] = made._instantiated_nodes

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> InOrder:
        """See `GraphRunner.create`."""
        return cls(DaskGraphRunner.create(graph_schema, model_storage, execution_context, hooks))

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """The outputs of the targets, by their names; see `GraphRunner.run`."""
        done: dict[str, Any] = dict(inputs or {})

        def output(name: str) -> tuple[str, Any]:
            if name not in done:
                needed = self._schema.nodes[name].needs.values()
                done[name] = self._nodes[name](*[output(need) for need in needed])[1]
            return name, done[name]

        return dict(map(output, targets or self._schema.target_names))


class ServingProcessor(MessageProcessor):
    """Reads several people's texts at once, one on each core.

    Most of a turn goes into multiplying matrices, for which Python's lock is not needed. On the
    event loop, where Rasa does it, everybody else would wait for it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        made: DaskGraphRunner = self.graph_runner
        self.graph_runner: GraphRunner = InOrder(made)
        self._begin()

    def _begin(self) -> None:
        self._readers = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="understanding")

    def warm_up(self) -> None:
        """Read a text, so that nobody waits for what a part loads when it is first used."""
        _done(super().parse_message(UserMessage("hello")))

    async def parse_message(
        self,
        message: UserMessage,
        tracker: DialogueStateTracker | None = None,
        only_output_properties: bool = True,
    ) -> dict[str, Any]:
        """As Rasa's; the tracker is only read, and by nobody else before this is done."""
        parsing = super().parse_message(message, tracker, only_output_properties)
        return await asyncio.get_running_loop().run_in_executor(self._readers, _done, parsing)

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Nothing: topics are of the training data, and to look takes a copy of the domain."""


class ServingAgent(Agent):
    """An agent with such a processor."""

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """As Rasa's, which names the class of the processor itself."""
        self.processor = ServingProcessor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
            http_interpreter=self.http_interpreter,
        )
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain
        self.nlg.responses = self.domain.responses


def _done(coroutine: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """What a coroutine returns that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: dict[str, Any] = end.value
        return result
    coroutine.close()
    raise RuntimeError("reading a text waited for something")
