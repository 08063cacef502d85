"""People who file over HTTP and do not give up: what is not answered is sent again, as it was."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.conversations.steps import REFERENCE

# Pauses of a tenth of a second: longer than any fault of a test and than a start.
_PATIENCE = 600
_THREADS = ThreadPoolExecutor(64)


@dataclass
class Somebody:
    """A person in one conversation.

    Attributes:
        addresses: of the servers; one after the other is spoken to.
        name: tells this person's answers from everybody else's.
        confirmed: the numbers that were told to this person as recorded.
        sent: the ids of the messages that were answered, in their order.
    """

    addresses: Sequence[str]
    name: str
    confirmed: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    last: list[dict[str, Any]] = field(default_factory=list)
    session: str = ""
    refusals: list[int] = field(default_factory=list)
    _turns: int = 0

    @property
    def asked(self) -> str | None:
        """The field that the bot asked for last."""
        return self.last[-1]["asks"] if self.last else None

    @property
    def told(self) -> str:
        """The bot's last words."""
        return "\n".join(message["text"] for message in self.last)

    @property
    def answers(self) -> dict[str, str]:
        """What this person answers to each question, the first answer telling what the next two
        would ask for; it makes two objections."""
        return {
            "full_name": f"I am Ana Silva, {self.name}@example.org, and I live in Ireland.",
            "account": f"instagram {self.name}.one",
            "linked_accounts": f"facebook {self.name}.two",
            "unlinked_accounts": f"instagram {self.name}_three",
            "reason": "My pictures are my living.",
            "objection_confirmed": "yes",
        }

    async def files(self, up_to: str | None = None) -> None:
        """Tell everything and confirm it; or only until the field `up_to` is asked for."""
        if self.asked is None:
            await self.says("I want to object")
        while self.asked is not None and self.asked != up_to and not self.confirmed:
            await self.says(self.answers[self.asked])

    async def says(self, text: str, message_id: str = "") -> str:
        """Type a text, and send it until it is answered; the answer."""
        message_id = message_id or uuid.uuid4().hex
        await self.begins()
        body = {"id": message_id, "text": text}
        answer = await self._until_answered("POST", "/chat/messages", body)
        self.hears(message_id, text, answer.json()["messages"])
        return self.told

    async def says_once(self, text: str, message_id: str, accept: str = "") -> httpx.Response:
        """The same without sending it again; whatever comes of it."""
        await self.begins()
        body = {"id": message_id, "text": text}
        return await self._send("POST", "/chat/messages", body, accept)

    def hears(self, message_id: str, text: str, answer: list[dict[str, Any]]) -> None:
        """Note an answer."""
        self.last = answer
        self.sent.append(message_id)
        self.said.append(text)
        # A number is told by nothing but the confirmation.
        self.confirmed += [one for one in REFERENCE.findall(self.told) if one not in self.confirmed]

    async def begins(self) -> None:
        """Get a session, unless there is one."""
        if not self.session:
            answer = await self._until_answered("POST", "/chat/session", {})
            self.session = answer.json()["session"]

    async def history(self) -> list[dict[str, Any]]:
        """What the server remembers."""
        answer = await self._until_answered("GET", "/chat/history", None)
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    async def assert_all_is_remembered_once(self) -> None:
        """Every answered message stands in the history once, in its order, and no other does."""
        kept = [one["id"] for one in await self.history() if one["from"] == "person"]
        assert kept == self.sent

    async def _until_answered(self, method: str, path: str, body: Any) -> httpx.Response:
        for _ in range(_PATIENCE):
            try:
                answer = await self._send(method, path, body)
            except httpx.TransportError:
                self.refusals.append(0)
            else:
                if answer.status_code < 300:
                    return answer
                # Anything but "not now" would be told to the person as their mistake.
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) >= 1
                self.refusals.append(503)
            await asyncio.sleep(0.1)
        raise AssertionError(f"{method} {path} was not answered within a minute")

    async def _send(self, method: str, path: str, body: Any, accept: str = "") -> httpx.Response:
        self._turns += 1
        address = self.addresses[self._turns % len(self.addresses)]
        headers = {"Accept": accept or "application/json"}
        if self.session:
            headers["Authorization"] = f"Bearer {self.session}"
        loop = asyncio.get_running_loop()

        def send() -> httpx.Response:
            # A connection for each request: what a kept one does when its server dies is httpx's
            # own. Nothing is verified over plain HTTP, and reading all authorities takes longer
            # than a turn.
            with httpx.Client(base_url=address, timeout=60, verify=False) as client:
                return client.request(method, path, json=body, headers=headers)

        # In threads: over asyncio a connection that dies at once fails inside of httpx's own parts.
        return await loop.run_in_executor(_THREADS, send)
