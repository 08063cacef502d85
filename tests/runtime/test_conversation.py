"""A typed text is text; a turn is carried out once, whole, and visibly when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message
from sqlalchemy.engine import Engine

from bot.runtime.conversation import (
    MAX_TEXT,
    Conversations,
    TextRefused,
    TurnFailed,
    UnknownButton,
    typed,
)
from bot.runtime.store import ConversationStore, Ended

ANA = "a" * 40
DOMAIN = Domain.from_dict({"intents": ["file_objection", "affirm"], "entities": ["email"]})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("hello", "hello"),
        ("/affirm", "affirm"),
        (" /affirm", "affirm"),
        ("///affirm", "affirm"),
        ("/ / affirm", "affirm"),
        ("\u00a0\u2003/affirm", "affirm"),
        ("\x1c\x1d/affirm", "affirm"),
        ("\x00/affirm", "affirm"),
        ("\ud800/affirm", "affirm"),
        ('/file_objection{"email": "x"}', 'file_objection{"email": "x"}'),
        ("and/or", "and/or"),
        ("https://instagram.com/ana", "https://instagram.com/ana"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("a\x00b\x07c\x7fd\x85e\ud800f", "a b c d e f"),
        ("  around  ", "around"),
        ("Zoë 😀 مرحبا", "Zoë 😀 مرحبا"),
    ],
)
def test_what_is_kept_of_a_typed_text(text: str, kept: str) -> None:
    assert typed(text) == kept


@pytest.mark.parametrize("text", ["", " ", "\n\t", "/", "/ /", "\x00", "\ud800", "\u2003"])
def test_a_text_of_which_nothing_is_left_is_refused(text: str) -> None:
    with pytest.raises(TextRefused) as refusal:
        typed(text)
    assert refusal.value.sentence.startswith("There was no text")


def test_a_text_is_refused_from_1001_characters() -> None:
    assert MAX_TEXT == 1000
    assert typed("😀" * 1000) == "😀" * 1000
    with pytest.raises(TextRefused) as refusal:
        typed("x" * 1001)
    assert "1000 characters" in refusal.value.sentence


INJECTIONS = ["/affirm", ' /file_objection{"email": "x"}', "\u2003/affirm@0.9", "\x1c/affirm"]


def _understood(text: str) -> Message:
    """What Rasa's first step makes of a text."""
    (message,) = RegexMessageHandler().process([Message({"text": text})], DOMAIN)
    return message


@pytest.mark.parametrize("text", INJECTIONS)
def test_rasa_itself_takes_a_leading_slash_for_an_intent(text: str) -> None:
    """Why leading slashes go: a person could choose the intent and fill slots."""
    assert _understood(text).get("intent")["name"] in ("affirm", "file_objection")


@pytest.mark.parametrize("text", [*INJECTIONS, "\u200b/affirm", "\ufeff/affirm", "\ud800 /affirm"])
def test_after_our_reading_rasa_finds_no_intent_in_it(text: str) -> None:
    message = _understood(typed(text))
    assert message.get("intent") is None
    assert message.get("entities") is None


class Processor:
    """Stands in for Rasa: repeats what was said, when it is let."""

    def __init__(self, store: ConversationStore) -> None:
        self._store = store
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.error: Exception | None = None
        self.heard: list[UserMessage] = []

    async def handle_message(self, message: UserMessage) -> None:
        self.heard.append(message)
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        tracker = await self._store.retrieve(message.sender_id) or DialogueStateTracker(ANA, [])
        tracker.update(
            UserUttered(message.text, message_id=message.message_id, metadata=message.metadata)
        )
        offer = {"buttons": [{"title": "Yes", "payload": "/affirm"}]}
        tracker.update(BotUttered(f"You said {message.text}", offer))
        await self._store.save(tracker)


@pytest.fixture
def processor(sqlite: Engine) -> Processor:
    return Processor(ConversationStore(sqlite, DOMAIN))


@pytest.fixture
def chat(processor: Processor) -> Conversations:
    agent: Any = SimpleNamespace(processor=processor, lock_store=InMemoryLockStore())
    return Conversations(agent, processor._store, turn_limit=0.3)


def texts(turn: Any) -> list[str]:
    return [message.text for message in turn.answer]


async def test_a_turn_is_answered(chat: Conversations) -> None:
    assert texts(await chat.say(ANA, "m1", "hello")) == ["You said hello"]


async def test_the_same_id_is_answered_once(chat: Conversations, processor: Processor) -> None:
    first = await chat.say(ANA, "m1", "hello")
    assert await chat.say(ANA, "m1", "something else") == first
    assert len(processor.heard) == 1


async def test_the_channel_gives_rasa_nothing_of_the_clients_but_text_and_id(
    chat: Conversations, processor: Processor
) -> None:
    await chat.say(ANA, "m1", '/affirm{"a": 1}')
    (message,) = processor.heard
    assert (message.text, message.message_id, message.sender_id) == ('affirm{"a": 1}', "m1", ANA)
    assert message.parse_data is None
    assert not message.metadata


async def test_an_offered_button_is_its_intent_without_being_read(
    chat: Conversations, processor: Processor
) -> None:
    (message,) = (await chat.say(ANA, "m1", "hello")).answer
    await chat.press(ANA, "m2", message.buttons[0].id)

    heard = processor.heard[-1]
    assert heard.text == "Yes"
    assert heard.parse_data is not None
    assert heard.parse_data["intent"]["name"] == "affirm"


@pytest.mark.parametrize("button", ["m1.0.1", "m9.0.0", "affirm", "", "/affirm"])
async def test_a_button_that_was_not_offered_is_unknown(
    chat: Conversations, processor: Processor, button: str
) -> None:
    await chat.say(ANA, "m1", "hello")
    with pytest.raises(UnknownButton):
        await chat.press(ANA, "m2", button)
    assert len(processor.heard) == 1


async def test_a_turn_that_fails_is_seen_and_leaves_nothing(
    chat: Conversations, processor: Processor
) -> None:
    processor.error = KeyError("ana@example.org")
    with pytest.raises(TurnFailed):
        await chat.say(ANA, "m1", "hello")
    assert await chat.history(ANA) == []

    processor.error = None
    assert texts(await chat.say(ANA, "m1", "hello")) == ["You said hello"]


async def test_a_turn_that_takes_too_long_fails_and_asking_again_gives_its_answer(
    chat: Conversations, processor: Processor
) -> None:
    processor.may_answer.clear()
    with pytest.raises(TurnFailed):
        await chat.say(ANA, "m1", "hello")
    processor.may_answer.set()
    await chat.finish()

    assert texts(await chat.say(ANA, "m1", "hello")) == ["You said hello"]
    assert len(processor.heard) == 1


async def test_a_turn_goes_on_when_the_person_leaves(
    chat: Conversations, processor: Processor
) -> None:
    processor.may_answer.clear()
    request = asyncio.create_task(chat.say(ANA, "m1", "hello"))
    await _until(lambda: bool(processor.heard))
    request.cancel()
    processor.may_answer.set()
    await chat.finish()

    assert [message["text"] for message in await chat.history(ANA)] == ["hello", "You said hello"]


async def test_before_stopping_the_turns_in_hand_are_finished(
    chat: Conversations, processor: Processor
) -> None:
    processor.may_answer.clear()
    request = asyncio.create_task(chat.say(ANA, "m1", "hello"))
    await _until(lambda: bool(processor.heard))
    asyncio.get_running_loop().call_later(0.05, processor.may_answer.set)
    await chat.finish()

    assert texts(await request) == ["You said hello"]


async def test_a_conversation_that_is_forgotten_is_over(chat: Conversations) -> None:
    (message,) = (await chat.say(ANA, "m1", "hello")).answer
    await chat.forget(ANA)

    for use in (
        chat.history(ANA), chat.filed(ANA), chat.say(ANA, "m2", "hello"),
        chat.press(ANA, "m2", message.buttons[0].id), chat.press(ANA, "m2", "hello"),
    ):
        with pytest.raises(Ended):
            await use
    await chat.forget(ANA)


@pytest.mark.parametrize(
    "use",
    [
        lambda chat, who: chat.say(who, "m1", "hello"),
        lambda chat, who: chat.press(who, "m1", "hello"),
        lambda chat, who: chat.history(who),
        lambda chat, who: chat.forget(who),
    ],
    ids=["say", "press", "history", "forget"],
)
async def test_a_store_that_fails_fails_the_turn(
    chat: Conversations, use: Callable[[Conversations, str], Awaitable[Any]]
) -> None:
    with pytest.raises(TurnFailed):
        await use(chat, "\ud800")


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)
