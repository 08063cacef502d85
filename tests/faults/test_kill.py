"""The process is killed at random moments while people file: what was confirmed is on record, once,
and whoever sends their last message again goes on where they were."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from bot.objections import audit
from bot.objections.db import Database
from tests.conftest import Server
from tests.faults.conftest import Start, recorded, settings_of, url_of
from tests.faults.people import Somebody

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PEOPLE = 20
KILLS = int(os.environ.get("FAULTS_KILLS", "2"))
# Seconds from a start to the next kill: from the first messages to the last confirmations.
SOON, LATE = 0.1, 4.0


@pytest.fixture(params=["sqlite", "postgresql and redis"])
def server(request: pytest.FixtureRequest, begin: Start) -> Server:
    """A server on a database of each kind; on the second its locks outlive it."""
    if request.param == "sqlite":
        return begin()
    url = request.getfixturevalue("postgresql")
    return begin(**settings_of(url, REDIS_URL=request.getfixturevalue("redis_url")))


async def test_a_killed_server_loses_nothing_that_it_confirmed_and_files_nothing_twice(
    server: Server, chance: random.Random
) -> None:
    people = [Somebody([server.address], f"ana{number}") for number in range(PEOPLE)]
    # Not all at the same step: each moment of a filing should have its chance.
    filing = asyncio.gather(*(_after(chance.uniform(0, 2), one) for one in people))
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(SOON, LATE))
        server.kill()
        # By now, before anybody could send anything again.
        confirmed = [number for one in people for number in one.confirmed]
        assert set(confirmed) <= set(recorded(url_of(server)))
        await asyncio.to_thread(server.start)
    await filing

    for one in people:
        assert len(one.confirmed) == 2
        await one.assert_all_is_remembered_once()
        assert one.said == ["I want to object", *one.answers.values()]
    assert recorded(url_of(server)) == sorted(n for one in people for n in one.confirmed)
    _assert_the_audit_log_is_whole(url_of(server))
    assert server.stop() == 0


async def _after(seconds: float, one: Somebody) -> None:
    await asyncio.sleep(seconds)
    await one.files()


def _assert_the_audit_log_is_whole(url: str) -> None:
    database = Database(url, read_only=True)
    found = audit.verify(database)
    database.dispose()
    assert isinstance(found, audit.Verified), found
