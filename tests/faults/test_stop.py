"""A service that is asked to stop finishes what it has begun; one that cannot work does not start."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.settings import ROOT
from tests.conftest import Server, free_port
from tests.faults.conftest import Start, recorded, settings_of, url_of
from tests.faults.people import Somebody
from tests.faults.wire import Wire

pytestmark = pytest.mark.slow


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def asked(request: pytest.FixtureRequest) -> signal.Signals:
    """How the service is asked to stop."""
    return signal.Signals(request.param)


async def test_turns_in_hand_are_answered_and_later_ones_are_told_to_come_again(
    begin: Start, asked: signal.Signals
) -> None:
    server = begin()
    people = [Somebody([server.address], f"ana{number}") for number in range(6)]
    await asyncio.gather(*(one.files(up_to="objection_confirmed") for one in people))
    late = Somebody([server.address], "late")
    await late.begins()
    # One who keeps a connection open, and one who is in the middle of a request.
    idle, half = Wire(server.port), Wire(server.port)
    assert idle.ask(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").status == 200
    half.send(b"GET /health/live HT")

    with _locked(server) as write_lock:
        confirming = [
            asyncio.create_task(one.says_once("yes", f"the-yes-{one.name}")) for one in people
        ]
        await _until(server, people)
        server.process.send_signal(asked)
        await asyncio.to_thread(_until_busy, server, late)
        # Who asks twice, or in another way, hastens nothing.
        server.process.terminate()
        write_lock.execute("ROLLBACK")
    answers = await asyncio.gather(*confirming)

    assert [answer.status_code for answer in answers] == [200] * 6
    assert all("2 objections are recorded" in answer.text for answer in answers)
    assert len(recorded(url_of(server))) == 12
    assert await asyncio.to_thread(server.process.wait, 60) == 0
    assert idle.rest() == b""
    log = server.log.read_text("utf-8")
    assert "Traceback" not in log and "failed" not in log
