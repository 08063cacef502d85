"""A service that is asked to stop finishes what it has begun; one that cannot work starts not."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import cli
from tests.conftest import Server
from tests.faults.conftest import SECRETS, Start, held_up, recorded, settings_of, url_of
from tests.faults.people import Somebody
from tests.faults.wire import Wire, request
from tests.unit.conftest import logging_as_before

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.slow

LIVE = request("GET", "/health/live")


@pytest.fixture(scope="module")
def kept(begin: Start) -> Server:
    """A server with its data in a file, which the tests stop and start."""
    return begin()


@pytest.fixture
def server(kept: Server) -> Server:
    """The same, running."""
    if kept.process.poll() is not None:
        kept.start()
    return kept


async def test_turns_in_hand_are_answered_and_later_ones_are_told_to_come_again(
    begin: Start, postgresql: str
) -> None:
    server = begin(**settings_of(postgresql))
    people = [Somebody([server.address], f"ana{number}") for number in range(3)]
    await asyncio.gather(*(one.files(up_to="objection_confirmed") for one in people))
    late = Somebody([server.address], "late")
    await late.begins()
    keeps_open = Wire(server.port)
    assert keeps_open.ask(LIVE).status == 200

    with held_up(postgresql, "objection") as held:
        confirming = [
            asyncio.create_task(one.says_once("yes", f"the-yes-of-{one.name}")) for one in people
        ]
        await held.until_waiting(3)
        server.process.terminate()
        await _until_no_turn_is_begun(late)
        # Who asks again hastens nothing.
        server.process.terminate()
    answers = await asyncio.gather(*confirming)

    assert [answer.status_code for answer in answers] == [200] * 3
    assert all("2 objections are recorded" in answer.text for answer in answers)
    assert all(answer.headers["connection"] == "close" for answer in answers)
    assert len(recorded(postgresql)) == 6
    assert await asyncio.to_thread(server.process.wait, 60) == 0
    assert keeps_open.rest() == b""
    assert "error" not in server.log.read_text("utf-8")


async def _until_no_turn_is_begun(late: Somebody) -> None:
    number = 0
    while True:
        answer = await late.says_once("hello", f"hello-{number:08}")
        if answer.status_code != 200:
            break
        number += 1
    assert (answer.status_code, answer.json()["error"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_second_service_on_the_same_port_ends_at_once_and_touches_nothing(
    server: Server, tmp_path: Path
) -> None:
    second = Server(tmp_path)
    second.port = server.port
    with (tmp_path / "out").open("wb") as output:
        second.begin(output)
    assert second.process.wait(60) == 1
    assert (tmp_path / "out").read_text("utf-8") == (
        f"Port {server.port} is taken: something else, perhaps this service, runs there.\n"
    )
    assert not list(tmp_path.glob("objections.db*"))
    assert server.is_ready()


@pytest.mark.usefixtures("logging_as_before")
def test_after_a_stop_all_is_there_and_only_with_its_keys_it_starts_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = Somebody([server.address], "ana")
    asyncio.run(ana.files())
    assert server.stop() == 0
    # No mail is left half written, and what was in the log of writes is in the file.
    assert not [*server.data_dir.glob("mail/*.part"), *server.data_dir.glob("*-wal")]

    secrets = server.data_dir / "secrets.env"
    kept = secrets.read_text("ascii")
    secrets.unlink()
    monkeypatch.setenv("DATA_DIR", str(server.data_dir))
    _assert_does_not_start(server.data_dir, monkeypatch, "DATA_KEYS does not open")
    secrets.write_text(kept, "ascii")

    server.start()
    assert asyncio.run(ana.says("is my objection there?"))
    asyncio.run(ana.assert_all_is_remembered_once())
    assert recorded(url_of(server)) == sorted(ana.confirmed)


def test_nobody_who_is_slow_or_says_nothing_keeps_it_from_stopping(server: Server) -> None:
    silent, half, slow = (Wire(server.port, receive_buffer=4096) for _ in range(3))
    assert silent.ask(LIVE).status == 200
    half.send(LIVE[:10])
    # Far more answers than the system holds for somebody who does not read them.
    page = request("GET", "/widget-panel.js")
    slow.send(page * 200)
    assert Wire(server.port).ask(LIVE).status == 200
    # As Ctrl-C does.
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(60) == 0


def _garbage(folder: Path) -> dict[str, str]:
    (folder / "objections.db").write_bytes(b"this is no database" * 1000)
    return {}


def _later_version(folder: Path) -> dict[str, str]:
    with sqlite3.connect(folder / "objections.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('of_next_year')")
    return {}


def _no_folder(folder: Path) -> dict[str, str]:
    (folder / "file").touch()
    return {"DATA_DIR": str(folder / "file" / "data")}


def _no_postgresql(folder: Path) -> dict[str, str]:
    return settings_of("postgresql+psycopg2://nobody@127.0.0.1:1/nothing")


def _no_redis(folder: Path) -> dict[str, str]:
    return {"REDIS_URL": "redis://127.0.0.1:1/0"}


def _no_secret(folder: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{folder}/x.db", **SECRETS, "SECRET_KEY": ""}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (_garbage, "The database cannot be used"),
        (_later_version, "The database cannot be used"),
        (_no_folder, "Not a directory"),
        (_no_postgresql, "The database cannot be used"),
        (_no_redis, "Redis does not answer"),
        (_no_secret, "SECRET_KEY is missing"),
    ],
)
@pytest.mark.usefixtures("logging_as_before", "model")
def test_what_cannot_work_does_not_start_and_says_why_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: object, told: str
) -> None:
    assert callable(broken)
    for name, value in {"DATA_DIR": str(tmp_path), **broken(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    _assert_does_not_start(tmp_path, monkeypatch, told)


def _assert_does_not_start(folder: Path, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(cli.app, ["serve", "--port", "0"])
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert told in result.stderr
    sentences = [one for one in result.stderr.splitlines() if one and "level=" not in one]
    assert len(sentences) == 1, sentences
