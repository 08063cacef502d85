"""When the bot is not ready or a turn fails, the answer says so and can be tried again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Sanic

from bot.app import Application
from bot.objections.crypto import Keys
from bot.objections.errors import StorageError
from bot.runtime import channel
from bot.runtime.assistant import Assistant
from bot.runtime.conversation import TurnFailed
from bot.runtime.gate import Busy
from bot.runtime.identity import Identities
from bot.runtime.limits import Limits, LimitUnknown, RateLimit
from bot.runtime.locks import RedisLocks
from bot.runtime.tokens import Tokens
from bot.runtime.turns import Turn
from bot.settings import Settings
from tests.conftest import signed
from tests.contract.conftest import EVENTS, assert_error, events, fresh

NOBODY = Identities("")
TOKENS = Tokens("a secret of more than thirty-two bytes", 3600, Keys.parse(Keys.new()))


class Service:
    """An application in the state that a test wants."""

    def __init__(self, conversations: Any = None, **checks: bool) -> None:
        self.conversations = conversations
        self._checks = checks

    async def receipt(self, reference: str, kind: str) -> bytes | None:
        # An objection that was filed before there were receipts has none.
        if reference == "OBJ-OLD":
            return None
        raise StorageError

    async def ready(self) -> Mapping[str, bool]:
        return self._checks


class Broken:
    """Conversations that cannot be read or continued."""

    async def say(self, conversation: str, message_id: str, text: str) -> Turn:
        raise TurnFailed

    async def history(self, conversation: str) -> list[dict[str, Any]]:
        raise TurnFailed

    async def filed(self, conversation: str) -> frozenset[str]:
        raise TurnFailed

    async def forget(self, conversation: str) -> None:
        raise TurnFailed


class Filed:
    """Conversations in which two objections were filed."""

    async def filed(self, conversation: str) -> frozenset[str]:
        return frozenset({"OBJ-OLD", "OBJ-NEW"})


class Full:
    """Conversations with too much to do."""

    async def say(self, conversation: str, message_id: str, text: str) -> Turn:
        raise Busy(retry_after=3)


class Buggy:
    """Conversations with a mistake in the code, whose message quotes the person."""

    async def say(self, conversation: str, message_id: str, text: str) -> Turn:
        raise KeyError(f"{text} by {conversation}")


Open = Callable[..., Awaitable[httpx.AsyncClient]]
PROXY = (ip_network("127.0.0.0/8"),)


@pytest.fixture
async def client_of(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Gives a client of a server around a service; the client has a session."""
    monkeypatch.setattr(Sanic, "test_mode", True)
    opened: list[Any] = []

    async def open_(service: Service, *guards: Any, **limits: Any) -> httpx.AsyncClient:
        context = _serving(service, *guards, **limits)
        opened.append(context)
        return await context.__aenter__()

    yield open_
    for context in opened:
        await context.__aexit__(None, None, None)


@asynccontextmanager
async def _serving(
    service: Service, limit: RateLimit | None = None, proxies: Any = (), **limits: RateLimit
) -> AsyncIterator[httpx.AsyncClient]:
    app = Sanic("trouble", configure_logging=False)
    off = RateLimit("off")
    every = dict.fromkeys(("messages", "reads", "sessions", "address", "requests"), off)
    if limit is not None:
        every.update(messages=limit, reads=limit, sessions=limit)
    of_all = Limits(**{**every, **limits})
    app.blueprint(channel.blueprint(service, TOKENS, NOBODY, of_all, frozenset(), proxies))
    channel.add_limit_of_requests(app, of_all.requests, proxies)
    channel.add_error_answers(app)
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    server = await app.create_server(
        sock=place, return_asyncio_server=True, asyncio_server_kwargs={"start_serving": False}
    )
    assert server is not None
    await server.startup()
    await server.start_serving()
    headers = {"Authorization": f"Bearer {TOKENS.new()[0]}"}
    address = f"http://127.0.0.1:{place.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:
        yield client
    server.close()
    await server.wait_closed()


def hello() -> dict[str, str]:
    return {"id": fresh(), "text": "hello"}


@pytest.mark.parametrize(
    ("model", "database", "status"),
    [(True, True, 200), (False, True, 503), (True, False, 503), (False, False, 503)],
)
async def test_ready_is_200_only_with_a_model_and_a_database(
    client_of: Open, model: bool, database: bool, status: int
) -> None:
    client = await client_of(Service(model=model, database=database))
    answer = await client.get("/health/ready")

    assert answer.status_code == status
    assert answer.json() == {"ready": status == 200, "model": model, "database": database}
    assert (await client.get("/health/live")).status_code == 200


async def test_the_application_notices_a_missing_model_and_a_missing_database(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    application = Application(Settings.load({"DATA_DIR": str(folder)}), tmp_path / "model.tar.gz")
    # An empty file answers, and is no record.
    assert await application.ready() == {"model": False, "database": False}
    application.database.migrate()
    assert await application.ready() == {"model": False, "database": True}

    folder.rename(tmp_path / "elsewhere")
    assert await application.ready() == {"model": False, "database": False}


async def test_where_redis_is_used_ready_says_whether_it_answers(
    tmp_path: Path, redis_url: str
) -> None:
    settings = Settings.load({"DATA_DIR": str(tmp_path), "REDIS_URL": redis_url})
    application = Application(settings, tmp_path / "model.tar.gz")
    assert await application.ready() == {"model": False, "database": False, "redis": False}
    for url, answers in ((redis_url, True), ("redis://127.0.0.1:1/0", False)):
        store = RedisLocks(url)
        application._assistant = Assistant(None, None, store)  # type: ignore[arg-type]
        assert (await application.ready())["redis"] is answers
        await store.close()


async def test_where_no_page_may_say_who_has_logged_in_nobody_is_believed(
    client_of: Open,
) -> None:
    client = await client_of(Service(Broken()))
    answer = await client.post("/chat/session", json={"identity": signed()})
    assert_error(answer, 401, "unauthorized")
    assert (await client.post("/chat/session", json={})).status_code == 201


async def test_before_the_model_is_loaded_every_call_says_so(client_of: Open) -> None:
    client = await client_of(Service(model=False))
    answers = [
        await client.post("/chat/session", json={}),
        await client.post("/chat/messages", json=hello()),
        await client.post("/chat/messages", json=hello(), headers={"Accept": EVENTS}),
        await client.get("/chat/history"),
        await client.get("/chat/receipts/OBJ-NEW.pdf"),
        await client.delete("/chat/session"),
    ]
    for answer in answers:
        assert_error(answer, 503, "not_ready")
        assert int(answer.headers["retry-after"]) >= 1


async def test_a_turn_that_fails_can_be_tried_again(client_of: Open) -> None:
    client = await client_of(Service(Broken()))
    answers = [
        await client.post("/chat/messages", json=hello()),
        await client.get("/chat/history"),
        await client.get("/chat/receipts/OBJ-NEW.pdf"),
        await client.delete("/chat/session"),
    ]
    for answer in answers:
        assert_error(answer, 503, "failed")
        assert int(answer.headers["retry-after"]) >= 1


async def test_a_record_that_cannot_be_read_is_no_missing_receipt(client_of: Open) -> None:
    client = await client_of(Service(Filed()))
    assert_error(await client.get("/chat/receipts/OBJ-NEW.pdf"), 503, "failed")
    assert_error(await client.get("/chat/receipts/OBJ-OLD.pdf"), 404, "not_found")


async def test_in_a_stream_a_failure_is_an_event_and_done_still_comes_last(
    client_of: Open,
) -> None:
    client = await client_of(Service(Broken()))
    answer = await client.post("/chat/messages", json=hello(), headers={"Accept": EVENTS})

    assert [name for name, _ in events(answer)] == ["error", "done"]
    error = events(answer)[0][1]
    assert error["error"] == "failed"
    assert error["message"].endswith(".")


@pytest.mark.parametrize("accept", ["application/json", EVENTS])
async def test_a_mistake_of_ours_shows_nothing_of_itself(
    client_of: Open, accept: str, capfd: pytest.CaptureFixture[str]
) -> None:
    client = await client_of(Service(Buggy()))
    answer = await client.post("/chat/messages", json=hello(), headers={"Accept": accept})

    assert_error(answer, 503, "failed")
    assert "KeyError" not in answer.text
    assert "hello by" not in answer.text + capfd.readouterr().err


@pytest.mark.parametrize("accept", ["application/json", EVENTS])
async def test_when_there_is_too_much_to_do_it_says_when_to_try_again(
    client_of: Open, accept: str
) -> None:
    client = await client_of(Service(Full()))
    answer = await client.post("/chat/messages", json=hello(), headers={"Accept": accept})
    assert_error(answer, 503, "busy")
    assert answer.headers["retry-after"] == "3"


class Unknown(RateLimit):
    """A limit while Redis does not answer."""

    async def wait_for(self, who: str) -> int:
        raise LimitUnknown


async def test_while_nobody_knows_the_limit_nothing_is_let_through(client_of: Open) -> None:
    client = await client_of(Service(Full()), Unknown("off"))
    for answer in (
        await client.post("/chat/session", json={}),
        await client.post("/chat/messages", json=hello()),
    ):
        assert_error(answer, 503, "failed")
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("trusted", "let_in"), [((), [201, 429]), (PROXY, [201, 201])])
async def test_only_a_trusted_proxy_says_whose_request_it_is(
    client_of: Open, trusted: Any, let_in: list[int]
) -> None:
    client = await client_of(Service(Full()), RateLimit("1/hour"), trusted)
    answers = [
        await client.post("/chat/session", json={}, headers={"X-Forwarded-For": address})
        for address in ("198.51.100.7", "198.51.100.8")
    ]
    assert [answer.status_code for answer in answers] == let_in


async def test_behind_a_trusted_proxy_a_client_cannot_hide_behind_its_own_claim(
    client_of: Open,
) -> None:
    client = await client_of(Service(Full()), RateLimit("1/hour"), PROXY)
    answers = [
        await client.post(
            "/chat/session", json={}, headers={"X-Forwarded-For": f"{claim}, 198.51.100.7"}
        )
        for claim in ("192.0.2.1", "192.0.2.2")
    ]
    assert [answer.status_code for answer in answers] == [201, 429]


async def test_many_requests_at_once_all_get_an_answer(client_of: Open) -> None:
    client = await client_of(Service(Broken(), model=True))
    calls = [client.post("/chat/messages", json=hello()) for _ in range(50)]
    answers = await asyncio.gather(*calls)
    assert [answer.status_code for answer in answers] == [503] * 50
