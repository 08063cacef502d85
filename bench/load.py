"""People who talk to a server all at once, and how long each of their turns takes."""

from __future__ import annotations

import asyncio
import itertools
import math
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import aiohttp

__all__ = ["Ours", "Person", "Script", "Stock", "Times", "asking", "distinct", "filing", "run"]

Script = Callable[["Person"], Awaitable[list[float]]]
_ENDINGS = (
    "", " please", " thanks", " in my case", " for sure", " exactly", ", in short",
    " - asking for myself", ", just to be sure", " right now",
)
# None of them is a question itself: two questions in one message take the time of two.
_BEGINNINGS = ("", "hi, ", "hello, ", "hey, ", "sorry, ", "quickly: ", "so ", "ok, ")


class Person(Protocol):
    """Somebody in a conversation of their own."""

    async def begin(self) -> None:
        """Open a conversation."""

    async def say(self, text: str) -> str:
        """Send a message; everything that was answered, as one text."""


class Ours:
    """A person who talks to this project's server, over the contract of its channel."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address
        self._headers: dict[str, str] = {}

    async def begin(self) -> None:
        async with self._http.post(f"{self._address}/chat/session", json={}) as answer:
            token = (await answer.json())["session"]
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    async def say(self, text: str) -> str:
        body = {"id": str(uuid.uuid4()), "text": text}
        url = f"{self._address}/chat/messages"
        async with self._http.post(url, json=body, headers=self._headers) as answer:
            if answer.status != 200:
                raise RuntimeError(f"status {answer.status}")
            messages = (await answer.json())["messages"]
        if not messages:
            raise RuntimeError("no answer")
        return "\n".join(message["text"] for message in messages)


class Stock:
    """A person who talks to stock Rasa, over its REST channel.

    Where it understands nothing it says nothing, after as long a turn.
    """

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address
        self._sender = ""

    async def begin(self) -> None:
        self._sender = uuid.uuid4().hex

    async def say(self, text: str) -> str:
        body = {"sender": self._sender, "message": text}
        url = f"{self._address}/webhooks/rest/webhook"
        async with self._http.post(url, json=body) as answer:
            return "\n".join(message.get("text", "") for message in await answer.json())


@dataclass(frozen=True)
class Times:
    """Turns of one run: milliseconds each, and how many there were in a second."""

    turns: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.turns) / self.seconds

    def quantile(self, share: float) -> float:
        """The time in milliseconds below which this share of the turns is."""
        ordered = sorted(self.turns)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]

    def summary(self) -> dict[str, float]:
        """For the results: milliseconds, and turns per second."""
        return {
            "median": round(statistics.median(self.turns), 2),
            "p95": round(self.quantile(0.95), 2),
            "p99": round(self.quantile(0.99), 2),
            "per_second": round(self.per_second, 2),
        }


def distinct(questions: list[str]) -> Iterator[str]:
    """Texts of which no two are the same: each question with beginnings and endings in turn."""
    for beginning, ending in itertools.product(_BEGINNINGS, _ENDINGS):
        for question in questions:
            words = question.rstrip("?!. ")
            yield f"{beginning}{words}{ending}{question[len(words):]}"


def asking(texts: Iterator[str], turns: int) -> Script:
    """A person who asks that many questions."""

    async def script(person: Person) -> list[float]:
        return [await _timed(person, next(texts)) for _ in range(turns)]

    return script


def filing(replies: list[Callable[[int], str]], done: str, number: Iterator[int]) -> Script:
    """A person who files once: each reply in its turn, the last of which is to answer `done`.

    Raises RuntimeError when the filing did not end as it should: a fast refusal is no filing.
    """

    async def script(person: Person) -> list[float]:
        own = next(number)
        times, said = [], ""
        for reply in replies:
            began = time.perf_counter()
            said = await person.say(reply(own))
            times.append((time.perf_counter() - began) * 1000)
        if done not in said:
            raise RuntimeError(f"not filed: {said[:300]}")
        return times

    return script


async def run(people: list[Person], script: Script, seconds: float) -> tuple[Times, int]:
    """Let all these people go through the script again and again, each time in a new conversation,
    for that long; the times of their turns, and how often it was gone through."""
    began = time.perf_counter()
    turns: list[float] = []
    rounds = 0

    async def go(person: Person) -> None:
        nonlocal rounds
        while time.perf_counter() - began < seconds:
            await person.begin()
            turns.extend(await script(person))
            rounds += 1

    await asyncio.gather(*(go(person) for person in people))
    return Times(turns, time.perf_counter() - began), rounds


async def _timed(person: Person, text: str) -> float:
    began = time.perf_counter()
    await person.say(text)
    return (time.perf_counter() - began) * 1000
