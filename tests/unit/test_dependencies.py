"""Versions newer than Rasa's pins (`override-dependencies`) are there, and what uses them works."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from packaging.version import Version
from rasa.core.agent import Agent
from rasa.core.tracker_store import MongoTrackerStore
from rasa.model_training import train_nlu
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from bot.settings import ROOT

# Each holds the fix of a hole that docs/security.md names.
AT_LEAST = {
    "aiohttp": "3.14.3",
    "dnspython": "2.6.1",
    "protobuf": "4.25.8",
    "pydantic": "1.10.13",
    "pymongo": "4.18.1",
    "sentry-sdk": "1.45.1",
    "setuptools": "78.1.1",
    "skops": "0.13.0",
    "onnx": "1.21.0",
    # Not overridden, but what Rasa allows would let them be older.
    "rasa": "3.6.21",
    "urllib3": "2.6.3",
}
EXAMPLES = {
    "greet": ["hello", "hi there", "good morning", "hey"],
    "bye": ["goodbye", "see you later", "bye bye", "farewell"],
}
WORDS = [{"name": "WhitespaceTokenizer"}, {"name": "CountVectorsFeaturizer"}]


def overridden() -> set[str]:
    """The packages in `override-dependencies`."""
    listed = (ROOT / "pyproject.toml").read_text("utf-8").partition("override-dependencies = [")[2]
    return set(re.findall(r'^    "([a-z-]+)', listed.partition("\n]")[0], re.MULTILINE))


@pytest.mark.parametrize("package", sorted(AT_LEAST))
def test_the_version_has_the_fix(package: str) -> None:
    assert Version(version(package)) >= Version(AT_LEAST[package])


def test_no_override_is_without_its_version_here() -> None:
    # These are no fixes: the first lets `limits` in, two keep what Rasa allows, one is left out.
    assert overridden() - {"packaging", "numpy", "scikit-learn", "wheel"} <= set(AT_LEAST)


def test_what_is_left_out_is_not_there() -> None:
    assert "wheel" in overridden()
    assert '\nname = "wheel"\n' not in (ROOT / "uv.lock").read_text("utf-8")


async def test_rasa_calls_an_action_server_with_the_newer_aiohttp() -> None:
    async def webhook(request: web.Request) -> web.Response:
        return web.json_response({"said": (await request.json())["say"]})

    app = web.Application()
    app.router.add_post("/webhook", webhook)
    async with TestServer(app) as server:
        endpoint = EndpointConfig(str(server.make_url("/webhook")))
        assert await endpoint.request(json={"say": "héllo"}) == {"said": "héllo"}


def test_rasa_speaks_to_a_mongo_database_with_the_newer_pymongo() -> None:
    from pymongo.errors import ServerSelectionTimeoutError

    nobody = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=50"
    with pytest.raises(ServerSelectionTimeoutError):
        MongoTrackerStore(Domain.empty(), host=nobody)


def test_rasa_sets_up_its_reports_with_the_newer_sentry() -> None:
    # In a process of its own, because it hooks into the interpreter. Nothing is sent.
    code = (
        "import rasa.telemetry as t, sentry_sdk\n"
        "t.is_telemetry_enabled = lambda: True\n"
        "t.sentry_write_key = lambda: 'key@127.0.0.1'\n"
        "t.get_telemetry_id = lambda: 'id'\n"
        "t.initialize_error_reporting()\n"
        "assert sentry_sdk.Hub.current.client.dsn.startswith('https://key@127.0.0.1')\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-2000:]


def test_rasa_finds_pkg_resources_and_no_warning_is_shown() -> None:
    done = subprocess.run([sys.executable, "-c", "import apscheduler"], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
@pytest.mark.parametrize(
    "classifier",
    [
        # TensorFlow's graph and its protobuf; skops writes and reads scikit-learn's.
        {"name": "DIETClassifier", "epochs": 30, "random_seed": 1},
        {"name": "LogisticRegressionClassifier"},
    ],
    ids=["protobuf", "skops"],
)
def test_rasas_own_classifiers_are_trained_kept_and_read_again(
    classifier: dict[str, object], tmp_path: Path
) -> None:
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in EXAMPLES.items()
    ]
    config = {"recipe": "default.v1", "language": "en", "policies": []}
    files = {
        "config.yml": {**config, "pipeline": [*WORDS, classifier]},
        "nlu.yml": {"version": "3.1", "nlu": nlu},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    train_nlu(str(tmp_path / "config.yml"), str(tmp_path / "nlu.yml"), str(tmp_path), "nlu")

    agent = Agent.load(str(tmp_path / "nlu.tar.gz"))
    for intent, texts in EXAMPLES.items():
        parsed = asyncio.run(agent.parse_message(texts[0]))
        assert parsed["intent"]["name"] == intent


@pytest.mark.slow
def test_serving_loads_nothing_that_has_a_hole_without_a_fix(model: Path) -> None:
    modules = ("sanic_cors", "rasa.server", "skops", "sentry_sdk", "tensorflow_hub", "pydantic")
    code = (
        "import json, sys\n"
        "sys.argv = ['objection-bot', 'ask', 'when does it start?']\n"
        "import bot.app\n"
        "from bot.cli import app\n"
        "app(standalone_mode=False)\n"
        f"print(json.dumps([name for name in {modules!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []
