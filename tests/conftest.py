"""Fixtures that several folders share. Whatever cannot run here is left out with its reason; with
REQUIRE_ALL=1, as in CI, leaving out is failing."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import jwt
import pytest
import redis

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from hypothesis import settings as hypothesis_settings

from bench import schema
from bot.settings import ROOT

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgresql+psycopg2:///test")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")

# The same examples in every run; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis_settings.register_profile("same", derandomize=True, deadline=None)
hypothesis_settings.register_profile("explore", deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# What the page around the chat and the shared server both know.
PAGES_KEY = "the key that a page shares with us, 32 bytes"
Serve = Callable[..., "contextmanager[str]"]


def absent(what: str) -> None:
    """Leave a test out because of something that this machine lacks."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, and {what}")
    pytest.skip(what)


def python(code: str) -> str:
    """What a Python process prints that runs this code in the project's folder."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextmanager
def own_schema() -> Iterator[str]:
    """The address of an empty schema on PostgreSQL, which is dropped afterwards."""
    with ExitStack() as made:
        try:
            address = made.enter_context(schema.own_schema(POSTGRESQL, "test"))
        except Exception as error:
            absent(f"no PostgreSQL at TEST_POSTGRESQL_URL ({type(error).__name__})")
        yield address


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The address of a Redis server. Keys are of one test alone where its ids are."""
    try:
        with redis.Redis.from_url(REDIS, socket_connect_timeout=2) as server:
            server.ping()
    except redis.RedisError as error:
        absent(f"no Redis at TEST_REDIS_URL ({type(error).__name__})")
    return REDIS


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model, trained first when its data is newer."""
    from bot.runtime.training import train_when_needed

    return train_when_needed(ROOT)


class Server:
    """`objection-bot serve` as a process that can be stopped or killed and started anew.

    Attributes:
        data_dir: where it keeps its data; its log is `serve.log` in there.
        port: the same after every start.
        address: of its chat and pages.
        process: the one that was started last.
    """

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = data_dir / "serve.log"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DATA_DIR": str(data_dir),
            "RATE_LIMIT": "off",
            **settings,
        }

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self.log.open("ab") as output:
            self.begin(output)
        for _ in range(600):
            if self.process.poll() is not None:
                pytest.fail(f"the server stopped: {self.log.read_text('utf-8')[-2000:]}")
            if self.is_ready():
                return
            time.sleep(0.1)
        pytest.fail("the server was not ready within a minute")

    def begin(self, output: int | IO[bytes]) -> None:
        """Start it, with what it prints going to `output`, and wait for nothing."""
        command = [sys.executable, "-m", "bot", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT
        )

    def is_ready(self) -> bool:
        """Whether it says that it is."""
        try:
            with urllib.request.urlopen(f"{self.address}/health/ready", timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> int:
        """Ask it to stop; its exit code. One that does not stop is killed: -9."""
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End it at once, whatever it is doing."""
        self.process.kill()
        return self.process.wait(60)


def free_port() -> int:
    """A port that nothing listens on, and that the system gives to no outgoing connection: one
    might else connect to itself while the server is away, and keep the port."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def serving(data_dir: Path, **settings: str) -> Iterator[str]:
    """Run `objection-bot serve` with its data in `data_dir`; yields its address when ready."""
    server = Server(data_dir, **settings)
    try:
        server.start()
        yield server.address
    finally:
        server.stop()


@pytest.fixture(scope="session")
def server_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the server that many tests share."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def server(model: Path, server_data: Path) -> Iterator[str]:
    """The address of one running server that many tests share; no rate limit. Pages that have
    PAGES_KEY may sign who has logged in."""
    with serving(server_data, SESSION_RATE_LIMIT="off", IDENTITY_KEY=PAGES_KEY) as address:
        yield address


def signed(key: str | None = PAGES_KEY, algorithm: str = "HS256", **claims: Any) -> str:
    """Ana's identity as a page signs it, good for an hour, with these claims instead."""
    ana = {"name": "Ana Silva", "email": "ana@example.org", "account": "instagram ana.login",
           "aud": "objection-bot", "exp": int(time.time()) + 3600}
    return jwt.encode({**ana, **claims}, key, algorithm)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        absent("Chromium is not installed (apt-get install chromium)")
    return str(path)


# Fast first. The browser comes last because Playwright keeps an event loop running in this thread.
ORDER = ("unit", "actions", "runtime", "contract", "conversations", "faults", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the folders in the order of `ORDER`, each as it stands and in one process."""
    folders = [ROOT / "tests" / name for name in ORDER]

    def rank(item: pytest.Item) -> int:
        return next((i for i, folder in enumerate(folders) if folder in item.path.parents), -1)

    items.sort(key=rank)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.relative_to(ROOT / "tests").parts[0]))
