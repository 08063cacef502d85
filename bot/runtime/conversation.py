"""A conversation, whoever carries it: the web channel, the terminal, a test."""

from __future__ import annotations

import asyncio
import unicodedata
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.core.processor import MessageProcessor

from bot import patterns
from bot.nlu.replies.settle import FILE, REPLY, TAKE_BACK
from bot.nlu.topics import chosen
from bot.objections.db import waiting_at_most
from bot.runtime.gate import Busy, Gate
from bot.runtime.store import ConversationStore, Ended, StoreError
from bot.runtime.turns import Turn, filed, history, offered, turns
from bot.understanding.commands import Command
from bot.understanding.context import OFFERS

log = structlog.get_logger()

MAX_TEXT = 1000
_YES = patterns.compile(
    r"(?:yes|yep|yeah|y|ok|okay|sure|please)?[ ,]*"
    r"(?:please|do (?:it|that)|go ahead)?[\s.!]*",
    ignore_case=True,
)
_WORD = patterns.compile(r"\w")
_COMMAND = patterns.compile(r"^[\s/]+")
# Buttons that a page may press without having been offered them: the opening of the widget and the
# deep link `#object`.
STANDING_BUTTONS = {
    "hello": ("Hello", "/greet"),
    "object": ("I want to object", "/file_objection"),
}


class TextRefused(Exception):
    """A message cannot be taken: empty, or over 1,000 characters. `sentence` says so."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UnknownButton(Exception):
    """The button was not offered in this conversation."""


class TurnFailed(Exception):
    """The turn could not be finished; sending the same message id again is safe."""


class Conversations:
    """Carries messages to the agent and back, one at a time per conversation.

    Args:
        agent: with its model loaded.
        store: the agent's own conversation store.
        turn_limit: seconds a turn may take.
        gate: says how many turns there may be at once.
    """

    def __init__(
        self,
        agent: Agent,
        store: ConversationStore,
        turn_limit: float,
        gate: Gate | None = None,
    ) -> None:
        assert agent.processor is not None
        self._agent = agent
        self._processor: MessageProcessor = agent.processor
        self._store = store
        self._turn_limit = turn_limit
        self._gate = gate or Gate()
        self._running: set[asyncio.Task[Turn]] = set()

    async def say(self, conversation: str, message_id: str, text: str) -> Turn:
        """A person's typed text.

        Raises:
            TextRefused: the text is empty or too long.
            Ended: the conversation was deleted.
            Busy: nothing was done; later there may be time for it.
            TurnFailed: nothing of it was kept, or it was and sending it again tells.
        """
        return await self._turn(conversation, message_id, typed(text), None)

    async def press(self, conversation: str, message_id: str, button_id: str) -> Turn:
        """A pressed button.

        Raises:
            UnknownButton: it was not offered here.
            Ended, Busy, TurnFailed: as in `say`.
        """
        return await self._turn(conversation, message_id, None, button_id)

    async def history(self, conversation: str) -> list[dict[str, Any]]:
        """All messages of a conversation, as the HTTP contract lists them. Raises Ended,
        TurnFailed."""
        try:
            return history(turns(await self._store.events(conversation)))
        except StoreError as error:
            raise TurnFailed from error

    async def filed(self, conversation: str) -> frozenset[str]:
        """The numbers of the objections that were filed in a conversation. Raises Ended,
        TurnFailed."""
        try:
            return filed(await self._store.events(conversation, "slot"))
        except StoreError as error:
            raise TurnFailed from error

    async def forget(self, conversation: str) -> None:
        """Delete a conversation for good; objections that were filed in it stay."""
        try:
            async with self._lock(conversation):
                with waiting_at_most(self._turn_limit):
                    await self._store.delete(conversation)
        except (StoreError, LockError) as error:
            raise TurnFailed from error

    def _lock(self, conversation: str) -> AbstractAsyncContextManager[object]:
        lock: AbstractAsyncContextManager[object] = self._agent.lock_store.lock(conversation)
        return lock

    async def _turn(
        self, conversation: str, message_id: str, text: str | None, button_id: str | None
    ) -> Turn:
        # The turn runs in a task of its own: a person who closes the page in the middle must not
        # leave half a turn behind.
        task = asyncio.create_task(self._locked_turn(conversation, message_id, text, button_id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._turn_limit)
        except (UnknownButton, Busy, Ended):
            raise
        except asyncio.TimeoutError as error:
            log.error("turn_timeout", seconds=self._turn_limit)
            raise TurnFailed from error
        except Exception as error:
            log.error("turn_failed", exc_info=error)
            raise TurnFailed from error

    def close(self) -> None:
        """Take no new turns, because the service is about to stop."""
        self._gate.close()

    async def finish(self) -> None:
        """Wait for the turns in hand; called before stopping."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._turn_limit)

    async def _locked_turn(
        self, conversation: str, message_id: str, text: str | None, button_id: str | None
    ) -> Turn:
        # A little less, so that it is known how the turn ended when its time is over.
        with waiting_at_most(0.95 * self._turn_limit):
            return await self._turn_in_its_place(conversation, message_id, text, button_id)

    async def _turn_in_its_place(
        self, conversation: str, message_id: str, text: str | None, button_id: str | None
    ) -> Turn:
        # A place among the running ones is taken last: who waits for the turn before theirs in one
        # conversation keeps nobody else from running.
        async with (
            self._gate.entered(),
            self._lock(conversation),
            self._gate.running(),
            self._store.turn(conversation, message_id) as held,
        ):
            if held.repeated:
                return turns(held.repeated)[0]
            before = turns(held.recent)
            message = UserMessage(
                text,
                _Silent(),
                conversation,
                input_channel="chat",
                message_id=message_id,
            )
            if button_id is None:
                button_id = _meant(before, message.text or "")
            if button_id is None:
                offers = _offers(before)
                message.metadata = {OFFERS: offers} if offers else None
            else:
                title, payload = await self._chosen(conversation, before, button_id)
                message.text, message.metadata = title, {"button": button_id}
                if payload.startswith("/"):
                    message.parse_data = chosen(payload[1:], title)
                else:
                    does = Command.of_button(payload).as_dict()
                    message.parse_data = {**chosen(REPLY, title), "commands": [does]}
            await self._processor.handle_message(message)
            return turns(held.recent)[-1]

    async def _chosen(
        self, conversation: str, before: list[Turn], button_id: str
    ) -> tuple[str, str]:
        """The title and the payload of a button; raises UnknownButton."""
        if button_id in STANDING_BUTTONS:
            return STANDING_BUTTONS[button_id]
        button = offered(before).get(button_id)
        if button is None:
            # Offered longer ago, perhaps. A button's id begins with the message it answered.
            message_id = button_id.rsplit(".", 2)[0]
            button = offered(turns(await self._store.events_of(conversation, message_id))).get(
                button_id
            )
        if button is None:
            raise UnknownButton(button_id)
        return button.title, button.payload


class _Silent(OutputChannel):
    """Says nothing while a turn runs: the answer is read from the store, after it was kept."""

    @classmethod
    def name(cls) -> str:
        return "chat"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        return None


def typed(text: str) -> str:
    """A typed text, made safe to hand to Rasa.

    Rasa reads a text that begins with `/` as an intent with slot values, so leading slashes go;
    control characters and lone surrogates, which databases refuse, become spaces.

    Raises:
        TextRefused: nothing is left, or more than 1,000 characters.
    """
    if len(text) > MAX_TEXT:
        raise TextRefused(
            f"That is longer than {MAX_TEXT} characters. Please write it a little shorter."
        )
    kept = "".join(
        char if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs") else " "
        for char in text
    )
    kept = _COMMAND.sub("", kept).rstrip()
    if not kept:
        raise TextRefused("There was no text in that message. Please write a few words.")
    return kept


def _meant(before: list[Turn], text: str) -> str | None:
    """The button of the last answer that a typed text stands for: its title, or a yes to the only
    one, where no question of a form is open."""
    last = before[-1].answer if before else []
    buttons = [button for message in last for button in message.buttons]
    for button in buttons:
        if _plain(button.title) == _plain(text):
            return button.id
    is_open = any(message.asks for message in last)
    agrees = _YES.fullmatch(text.strip()) and _WORD.search(text)
    if len(buttons) == 1 and not is_open and agrees:
        return buttons[0].id
    return None


def _offers(before: list[Turn]) -> list[str]:
    """What the only button of the last answer would do, if a yes in words may be for it."""
    last = before[-1].answer if before else []
    does = [button.payload.lstrip("/") for message in last for button in message.buttons]
    return does if len(does) == 1 and does[0].startswith((FILE, TAKE_BACK)) else []


def _plain(text: str) -> str:
    return text.replace(",", "").strip(" .!").casefold()

