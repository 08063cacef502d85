"""Loads the agent with the stores that were configured, or refuses to start.

Rasa turns a bad endpoints file, a bad store or a model that cannot be loaded into a running server
without them. Here each of these is a start-up error.
"""

from __future__ import annotations

import contextlib
import ctypes
from dataclasses import dataclass
from pathlib import Path

from rasa.core.agent import Agent
from rasa.core.lock_store import LockError
from sqlalchemy.engine import Engine
from threadpoolctl import threadpool_limits

from bot.nlu.encoders import WeightsError, encoder
from bot.runtime import patches
from bot.runtime.actions import InProcessActions
from bot.runtime.conversation import Conversations
from bot.runtime.locks import MemoryLocks, RedisLocks, locks
from bot.runtime.processor import ServingAgent
from bot.runtime.store import ConversationStore, StoreError
from bot.runtime.wording import Wording
from bot.settings import Settings


class StartUpError(RuntimeError):
    """The assistant cannot start as configured; the message says what is wrong."""


@dataclass(frozen=True)
class Assistant:
    """An agent that is ready, and the conversations it carries."""

    agent: Agent
    conversations: Conversations
    locks: MemoryLocks | RedisLocks


def load(settings: Settings, model: Path, engine: Engine, actions: InProcessActions) -> Assistant:
    """Load the model and wire it to the stores.

    Args:
        model: path of the trained model.
        engine: database of the conversations.
        actions: the custom actions, in process.

    Raises:
        StartUpError: the model, a store or an action is not the configured one.
    """
    patches.apply()
    try:
        store = ConversationStore(engine)
    except StoreError as error:
        raise StartUpError("The table of the conversations cannot be used.") from error
    try:
        lock_store = locks(settings.redis_url)
    except LockError as error:
        raise StartUpError("Redis does not answer at the address in REDIS_URL.") from error
    try:
        # Here, because Rasa keeps to itself what a part of the model says that cannot be loaded.
        encoder()
    except WeightsError as error:
        raise StartUpError(str(error)) from error
    agent = ServingAgent(
        generator=Wording(settings=settings),
        tracker_store=store,
        lock_store=lock_store,
        action_endpoint=actions,
    )
    # The agent wraps its store so that failures fall back to memory. A failure has to be seen.
    agent.tracker_store = store
    try:
        agent.load_model(str(model))
    except Exception as error:
        raise StartUpError(f"The model could not be loaded: {type(error).__name__}.") from error
    check(agent, store, actions)
    agent.processor.warm_up()
    # Two threads that multiply one matrix wait for each other in a loop, which takes the time of
    # another person's turn; and one matrix is too small for two. Each library that does it is
    # imported by now.
    threadpool_limits(1, user_api="blas")
    if agent.lock_store is not lock_store:
        raise StartUpError("The lock store is not the configured one.")
    _give_back()
    conversations = Conversations(agent, store, settings.turn_limit)
    return Assistant(agent, conversations, lock_store)


def check(agent: Agent, store: ConversationStore, actions: InProcessActions) -> None:
    """Refuse an agent that is only half there.

    Raises:
        StartUpError: says which half.
    """
    if agent.processor is None or agent.domain is None or agent.domain.is_empty():
        raise StartUpError("The model holds no domain.")
    if agent.processor.tracker_store is not store:
        raise StartUpError("The conversation store is not the configured one.")
    if agent.processor.model_metadata.nlu_target is None:
        raise StartUpError("The model cannot understand text.")
    missing = set(agent.domain.user_actions) - actions.names - set(agent.domain.responses)
    missing = {name for name in missing if not name.startswith("utter_")}
    if missing:
        raise StartUpError(f"Actions without code: {', '.join(sorted(missing))}.")


def _give_back() -> None:
    """Return what loading needed and serving does not, where the C library can: some 70 MB."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
