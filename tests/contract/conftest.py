"""A client of the HTTP contract that knows nothing but the contract."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.objections.signing import Signer
from tests.conftest import serving

HELP_CENTER = "https://help.example"
JSON = "application/json"
EVENTS = "text/event-stream"
# With which the guarded server signed before.
FORMER_KEY = Signer(b"f" * 32).public


def fresh() -> str:
    """An id for a message."""
    return str(uuid.uuid4())


def events(answer: httpx.Response) -> list[tuple[str, Any]]:
    """The server-sent events of an answer, each as (name, data)."""
    found = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["event"], json.loads(fields["data"])))
    return found


@dataclass
class Chat:
    """A conversation with the server at `address`; without a token it begins a new one."""

    address: str
    token: str = ""
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.address, timeout=30)
        self.token = self.token or self.http.post("/chat/session", json={}).json()["session"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def send(self, body: Any, accept: str = JSON) -> httpx.Response:
        """Post a message as it stands."""
        return self.http.post("/chat/messages", json=body, headers={"Accept": accept})

    def send_bytes(self, body: bytes, content_type: str = JSON) -> httpx.Response:
        """Post a body that need not be JSON."""
        headers = {"Content-Type": content_type}
        return self.http.post("/chat/messages", content=body, headers=headers)

    def says(self, text: str) -> list[dict[str, Any]]:
        """The bot's messages after a typed text."""
        return self._answer({"id": fresh(), "text": text})

    def presses(self, button: str) -> list[dict[str, Any]]:
        """The bot's messages after a button, by its id."""
        return self._answer({"id": fresh(), "button": button})

    def history(self) -> list[dict[str, Any]]:
        """What the server remembers."""
        answer = self.http.get("/chat/history")
        assert answer.status_code == 200
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def said(self) -> list[str]:
        """What the server remembers of the person's own words."""
        return [message["text"] for message in self.history() if message["from"] == "person"]

    def _answer(self, body: dict[str, str]) -> list[dict[str, Any]]:
        answer = self.send(body)
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


def assert_error(answer: httpx.Response, status: int, code: str) -> None:
    """An error of the contract: its status, its code, and a sentence, as JSON and no more."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, JSON)
    body = answer.json()
    assert set(body) == {"error", "message"}
    assert body["error"] == code
    assert body["message"].endswith(".")
    assert " " in body["message"]


@pytest.fixture
def chat(server: str) -> Iterator[Chat]:
    """A new conversation on the shared server."""
    chat = Chat(server)
    yield chat
    chat.http.close()


@pytest.fixture
def mailed(server_data: Path) -> Callable[[str, str], str]:
    """The code in the newest mail with these words: mailed("asked in the chat", number)."""

    def read(*words: str) -> str:
        for _ in range(100):
            for path in sorted((server_data / "mail").glob("*.eml"), reverse=True):
                part = message_from_bytes(path.read_bytes(), policy=default).get_body(("plain",))
                said = str(part.get_content()) if part is not None else ""
                found = re.search(r"Your code is (\d{3} \d{3})", said)
                if found and all(word in said for word in words):
                    return found[1]
            time.sleep(0.1)
        pytest.fail("no mail with a code came within ten seconds")

    return read


@dataclass(frozen=True)
class Guarded:
    """A server with limits and a list of origins, the sessions it gave and how it refused more."""

    address: str
    database: Path
    tokens: list[str]
    refusal: httpx.Response

    def chat(self) -> Chat:
        """One of the conversations, that no other test uses."""
        return Chat(self.address, self.tokens.pop())


@pytest.fixture(scope="session")
def guarded(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Six new sessions a minute for an address, three messages a minute for a conversation."""
    folder = tmp_path_factory.mktemp("guarded")
    limits = {"SESSION_RATE_LIMIT": "6/minute", "RATE_LIMIT": "3/minute"}
    former = f"{FORMER_KEY.id}:{FORMER_KEY.as_dict()['public']}"
    others = {"ALLOWED_ORIGINS": HELP_CENTER, "FORMER_SIGNING_KEYS": former}
    with serving(folder, **others, **limits) as address:
        answers = [httpx.post(f"{address}/chat/session", json={}) for _ in range(7)]
        tokens = [answer.json()["session"] for answer in answers[:6]]
        yield Guarded(address, folder / "objections.db", tokens, answers[6])
