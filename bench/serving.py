"""This project and a stock Rasa project, side by side in one run (part of `make bench`).

Both keep their conversations in SQLite, both get the same distinct questions, no text twice, and a
form of the same seven fields. They run at the same time and are measured in turns, so that a busy
moment of the machine falls on both. Ours is measured with one process, and with two of them on
PostgreSQL and Redis.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench import load, peer
from bench.machine import named
from bench.schema import own_schema
from bot.runtime.training import train_when_needed
from bot.settings import ROOT

RESULTS = ROOT / "bench" / "results" / "serving.json"
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/9")
PEOPLE = (1, 8, 32)
TURNS = (10, 100, 500, 1000, 2000)
# Stock's turns grow so slow that five hundred of them can take half an hour.
STOCK_TURNS_MAX = 100
# Short and many: a busy moment of the machine falls on all of them alike.
_SECONDS, _ROUNDS = 4.0, 6
# Questions of a long conversation whose median is taken.
_TIMED = 30

# What is short is remembered: nobody's name is somebody else's, though "none" is said by all.
_NAMES = "Ana Ben Carla David Elena Finn Greta Hugo Ines Jan Karin Luis Nils Olga Piet".split()
_FAMILIES = "Silva Novak Rossi Meyer Dubois Jansen Larsen Horvat Moreau Costa Bauer".split()
_COUNTRIES = "Portugal Ireland Italy Germany France Denmark Poland Croatia Spain Austria".split()
_OURS: list[Callable[[int], str]] = [
    lambda n: "I object to my posts being used for AI",
    lambda n: f"{_pick(_NAMES, n)} {_pick(_NAMES, n // 15)} {_pick(_FAMILIES, n // 225)}",
    lambda n: f"ana{n}@example.org",
    lambda n: _pick(_COUNTRIES, n),
    lambda n: f"instagram ana.silva.{n}",
    lambda n: "none",
    lambda n: "none",
    lambda n: "no reason",
    lambda n: "yes",
]
_STOCK = [*_OURS[:4], lambda n: f"ana.silva.{n} on instagram", *_OURS[5:]]


@dataclass
class Server:
    """A server that is running: its processes, its addresses, and what its start took."""

    name: str
    addresses: list[str]
    pids: list[int]
    ready_s: float
    person: Callable[[aiohttp.ClientSession, str], load.Person]
    replies: list[Callable[[int], str]]
    done: str

    def people(self, http: aiohttp.ClientSession, count: int) -> list[load.Person]:
        places = itertools.cycle(self.addresses)
        return [self.person(http, next(places)) for _ in range(count)]

    def megabytes(self) -> float:
        """Resident memory of all its processes."""
        return sum(_resident(pid) for pid in self.pids) / 1e6


def main() -> None:
    """Start all, measure in turns, print a table; figures go to `bench/results/serving.json`."""
    train_when_needed(ROOT)
    folder = peer.project()
    questions = [
        json.loads(line)["text"]
        for line in (ROOT / "tests" / "evaluation" / "faq.jsonl").read_text("utf-8").splitlines()
    ]
    texts = load.distinct(questions)
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(_ours("one process", 1)),
            stack.enter_context(_ours("two processes", 2)),
            stack.enter_context(_stock(folder)),
        ]
        results = asyncio.run(_measured(servers, texts))
    _tell(results)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


async def _measured(servers: list[Server], texts: Iterator[str]) -> dict[str, Any]:
    results: dict[str, Any] = {
        "machine": named(),
        "ready_s": {one.name: round(one.ready_s, 1) for one in servers},
        "questions": {},
        "filings": {},
    }
    numbers = itertools.count(int(time.time()) % 10**8 * 1000)
    connector = aiohttp.TCPConnector(limit=0)
    limit = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(connector=connector, timeout=limit) as http:
        for count in PEOPLE:
            asked: dict[str, list[load.Times]] = {}
            filed: dict[str, list[tuple[load.Times, int]]] = {}
            for _ in range(_ROUNDS):
                for one in servers:
                    people = one.people(http, count)
                    times, _ = await load.run(people, load.asking(texts, 5), _SECONDS)
                    asked.setdefault(one.name, []).append(times)
                    script = load.filing(one.replies, one.done, numbers)
                    filed.setdefault(one.name, []).append(
                        await load.run(people, script, _SECONDS)
                    )
            for name, runs in asked.items():
                results["questions"].setdefault(name, {})[str(count)] = _together(runs).summary()
            for name, runs in filed.items():
                turns = _together([times for times, _ in runs])
                done = sum(rounds for _, rounds in runs)
                results["filings"].setdefault(name, {})[str(count)] = {
                    **turns.summary(),
                    "filings_per_second": round(done / turns.seconds, 2),
                }
        results["megabytes"] = {one.name: round(one.megabytes()) for one in servers}
        results["turns"] = {}
        for one in servers:
            if one.name != "two processes":
                last = STOCK_TURNS_MAX if one.name == "stock Rasa" else TURNS[-1]
                results["turns"][one.name] = await _long(one, http, texts, last)
    return results


async def _long(
    server: Server, http: aiohttp.ClientSession, texts: Iterator[str], last: int
) -> dict[str, float]:
    """Median milliseconds of the questions before each of `TURNS`, in one conversation.

    Before each of them a filing that another has set off is cancelled: a question within one costs
    more, in a short conversation as in a long one.
    """
    (person,) = server.people(http, 1)
    await person.begin()
    medians, done = {}, 0
    for turn in (turn for turn in TURNS if turn <= last):
        timed = min((turn - done) // 2, _TIMED)
        await load.asking(texts, turn - done - 2 * timed)(person)
        times: list[float] = []
        for _ in range(timed):
            await person.say("cancel")
            times += await load.asking(texts, 1)(person)
        medians[str(turn)] = round(statistics.median(times), 2)
        done = turn
    return medians


def _together(runs: list[load.Times]) -> load.Times:
    turns = [turn for times in runs for turn in times.turns]
    return load.Times(turns, sum(times.seconds for times in runs))


@contextlib.contextmanager
def _ours(name: str, processes: int) -> Iterator[Server]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = {"DATA_DIR": str(folder), "RATE_LIMIT": "off", "SESSION_RATE_LIMIT": "off"}
        if processes > 1:
            own |= {
                "DATABASE_URL": stack.enter_context(own_schema()),
                "REDIS_URL": REDIS,
                "SECRET_KEY": "s" * 40,
                "DATA_KEYS": "k1:" + "A" * 43 + "=",
                "SIGNING_KEY": "A" * 43 + "=",
            }
        addresses, pids, took = [], [], 0.0
        for _ in range(processes):
            port = _free_port()
            command = [sys.executable, "-m", "bot", "serve", "--port", str(port)]
            began = time.monotonic()
            process = stack.enter_context(_running(command, ROOT, folder / f"{port}.log", own))
            address = f"http://127.0.0.1:{port}"
            _wait(process, f"{address}/health/ready")
            took = max(took, time.monotonic() - began)
            addresses.append(address)
            pids.append(process.pid)
        yield Server(name, addresses, pids, took, load.Ours, _OURS, "recorded")


@contextlib.contextmanager
def _stock(folder: Path) -> Iterator[Server]:
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("actions.py", "credentials.yml", "domain.yml", "config.yml"):
            shutil.copy(folder / name, place)
        port, actions_port = _free_port(), _free_port()
        (place / "endpoints.yml").write_text(peer.endpoints(actions_port), "utf-8")
        began = time.monotonic()
        actions = stack.enter_context(
            _running(
                [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "-p", str(actions_port)],
                place, place / "actions.log",
            )
        )
        _wait(actions, f"http://127.0.0.1:{actions_port}/health")
        model = folder / "models" / "stock.tar.gz"
        server = stack.enter_context(
            _running(
                [
                    sys.executable, "-m", "rasa", "run", "-p", str(port), "-m", str(model),
                    "--credentials", "credentials.yml", "--endpoints", "endpoints.yml",
                ],
                place, place / "rasa.log",
            )
        )
        address = f"http://127.0.0.1:{port}"
        _wait(server, f"{address}/webhooks/rest/")
        took = time.monotonic() - began
        pids = [server.pid, actions.pid]
        yield Server("stock Rasa", [address], pids, took, load.Stock, _STOCK, "recorded")


@contextlib.contextmanager
def _running(
    command: list[str], folder: Path, log: Path, settings: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **(settings or {}),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    import urllib.error
    import urllib.request

    for _ in range(2400):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} stopped")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pick(words: list[str], n: int) -> str:
    return words[n % len(words)]


def _resident(pid: int) -> float:
    """Bytes of a process and of those it started."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    own = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return own + sum(_resident(int(child)) for child in children)


def _tell(results: dict[str, Any]) -> None:
    print(f"\n{results['machine']}")
    for name, ready in results["ready_s"].items():
        print(f"{name:<14} ready after {ready} s, {results['megabytes'][name]} MB")
    for what in ("questions", "filings"):
        print(f"\n{what}: milliseconds a turn")
        for name, by_people in results[what].items():
            for people, row in by_people.items():
                shown = "  ".join(f"{key} {value:>8}" for key, value in row.items())
                print(f"{name:<14} {people:>2} people  {shown}")
    print("\nmilliseconds at turn")
    for name, row in results["turns"].items():
        print(f"{name:<14} " + "  ".join(f"{turn}: {value}" for turn, value in row.items()))


if __name__ == "__main__":
    main()
