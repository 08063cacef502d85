"""A person who talks to the real model, with the real actions and a real database."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
from rasa.core.actions.action import RemoteAction

from bot import log
from bot.app import Application
from bot.objections import codes
from bot.objections import model as tables
from bot.runtime.actions import InProcessActions
from bot.runtime.conversation import Conversations
from bot.runtime.identity import Identity, acting_for
from bot.runtime.turns import BotMessage, Turn
from bot.settings import Settings


class Person:
    """Somebody in one conversation. `says` and `presses` return the bot's answer as one text."""

    def __init__(self, application: Application, loop: asyncio.AbstractEventLoop) -> None:
        self.application = application
        self.id = uuid.uuid4().hex
        self.last: list[BotMessage] = []
        # Who the page around the chat says that they are.
        self.login: Identity | None = None
        self._loop = loop

    def says(self, text: str, message_id: str | None = None) -> str:
        """Type a text."""
        return self._turn(
            self._conversations.say(self.id, message_id or uuid.uuid4().hex, text)
        )

    def presses(self, title: str) -> str:
        """Press a button of the last answer, by its title."""
        (button,) = [b for m in self.last for b in m.buttons if b.title == title]
        return self.press(button.id)

    def press(self, button_id: str) -> str:
        """Press any button, also one of an earlier answer, by its id."""
        return self._turn(self._conversations.press(self.id, uuid.uuid4().hex, button_id))

    @property
    def asked(self) -> str | None:
        """The field that the bot asked for last."""
        return self.last[-1].asks

    @property
    def topics(self) -> list[str | None]:
        """The topics of the bot's last messages."""
        return [message.topic for message in self.last]

    @property
    def offered(self) -> list[str]:
        """The titles of the buttons of the last answer."""
        return [button.title for message in self.last for button in message.buttons]

    def slots(self) -> dict[str, Any]:
        """What Rasa's tracker holds of this conversation."""
        tracker = self.run(self.application.agent.tracker_store.retrieve(self.id))
        assert tracker is not None
        return dict(tracker.current_slot_values())

    def run(self, work: Any) -> Any:
        """Run a coroutine on the application's loop."""
        return self._loop.run_until_complete(work)

    @property
    def _conversations(self) -> Conversations:
        assert self.application.conversations is not None
        return self.application.conversations

    def _turn(self, work: Any) -> str:
        with acting_for(self.login):
            turn: Turn = self.run(work)
        self.last = turn.answer
        return "\n".join(message.text for message in turn.answer)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def application(
    model: Path, loop: asyncio.AbstractEventLoop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """The application with a database of its own, shared by the conversations of a test run."""
    # Everybody here writes as Ana, whose one mailbox would soon have had what a mailbox may get.
    settings = Settings.load(
        {"DATA_DIR": str(tmp_path_factory.mktemp("data")), "MAIL_RATE_LIMIT": "off"}
    )
    # As `serve` does; without it structlog prints each of Rasa's debug events, which takes longer
    # than the conversation.
    log.configure("ERROR")
    application = Application(settings, model)
    application.start()
    with pytest.MonkeyPatch.context() as patch:
        wrong: list[str] = []
        patch.setattr(InProcessActions, "request", _compared(InProcessActions.request, wrong))
        yield application
    loop.run_until_complete(application.stop())
    assert wrong == []


def _compared(request: Callable[..., Any], wrong: list[str]) -> Callable[..., Any]:
    """Calls an action, and compares its answer with what Rasa asks of an action server: Rasa's own
    comparison is left out when serving (`bot/runtime/patches.py`). What differs is also noted in
    `wrong`, for Rasa goes on after an error of an action."""
    schema = RemoteAction.action_response_format_spec()

    async def compared(self: InProcessActions, *given: Any, **named: Any) -> Any:
        answer = await request(self, *given, **named)
        try:
            jsonschema.validate(answer, schema)
        except jsonschema.ValidationError as error:
            wrong.append(error.message)
            raise
        return answer

    return compared


@pytest.fixture
def person(application: Application, loop: asyncio.AbstractEventLoop) -> Person:
    """Somebody new."""
    return Person(application, loop)


@pytest.fixture
def other(application: Application, loop: asyncio.AbstractEventLoop) -> Person:
    """Somebody else."""
    return Person(application, loop)


@pytest.fixture
def third(application: Application, loop: asyncio.AbstractEventLoop) -> Person:
    """And one more."""
    return Person(application, loop)


@pytest.fixture
def stored(application: Application) -> Callable[[Person], str]:
    """Everything that the database keeps of a conversation, as text: stored(person)."""
    events = sa.text("SELECT data, snapshot FROM conversation_event WHERE conversation = :person")

    def dump(person: Person) -> str:
        with application.database.engine.begin() as connection:
            found = connection.execute(events, {"person": person.id}).all()
        assert found
        return "\n".join(str(value) for row in found for value in row)

    return dump


@pytest.fixture
def mailed(application: Application) -> Callable[[], str]:
    """Sends the newest code, as the postman would, and tells it: mailed()."""

    def send() -> str:
        wanted = tables.verification.c
        newest = sa.select(wanted.id).order_by(wanted.requested_at.desc()).limit(1)
        now = datetime.now(timezone.utc)
        with application.database.session() as session:
            row_id = session.execute(newest).scalar_one()
            code = codes.renew(session, application.keys, row_id, now)
        assert code is not None
        return code

    return send


@pytest.fixture
def rows(application: Application) -> Callable[[str], int]:
    """Counts the rows of a table of the record: rows("objection")."""

    def count(table: str) -> int:
        query = sa.select(sa.func.count()).select_from(tables.metadata.tables[table])
        with application.database.engine.begin() as connection:
            return int(connection.execute(query).scalar_one())

    return count
