"""So many acts in a time, for each person alone."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest

from bot.runtime.limits import LimitUnknown, RateLimit, SharedRateLimit, rate_limit

Limit = Callable[[str], RateLimit]


@pytest.fixture(params=["memory", "redis"])
def limit_of(request: pytest.FixtureRequest) -> Limit:
    """Makes limits of each kind that no other test counts on."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return lambda rate: rate_limit(rate, url, uuid.uuid4().hex)


async def test_what_is_within_the_limit_need_not_wait(limit_of: Limit) -> None:
    limit = limit_of("3/minute")
    assert [await limit.wait_for("ana") for _ in range(3)] == [0, 0, 0]


async def test_what_is_over_the_limit_has_to_wait_up_to_the_length_of_the_window(
    limit_of: Limit,
) -> None:
    limit = limit_of("3/minute")
    for _ in range(3):
        await limit.wait_for("ana")
    assert 1 <= await limit.wait_for("ana") <= 60


async def test_waiting_is_told_in_whole_seconds_and_is_never_zero(limit_of: Limit) -> None:
    limit = limit_of("1/second")
    await limit.wait_for("ana")
    wait = await limit.wait_for("ana")
    assert wait == 1
    assert isinstance(wait, int)


async def test_somebody_else_has_a_limit_of_their_own(limit_of: Limit) -> None:
    limit = limit_of("1/hour")
    assert await limit.wait_for("ana") == 0
    assert await limit.wait_for("ben") == 0
    assert await limit.wait_for("ana") > 0


async def test_two_limits_do_not_count_together(limit_of: Limit) -> None:
    first, second = limit_of("1/hour"), limit_of("1/hour")
    assert await first.wait_for("ana") == 0
    assert await second.wait_for("ana") == 0


async def test_switched_off_it_lets_everything_pass(limit_of: Limit) -> None:
    limit = limit_of("off")
    assert {await limit.wait_for("ana") for _ in range(1_000)} == {0}


async def test_of_many_at_once_only_so_many_are_let_through(limit_of: Limit) -> None:
    limit = limit_of("5/hour")
    waits = await asyncio.gather(*(limit.wait_for("ana") for _ in range(40)))
    assert sorted(waits)[:6].count(0) == 5
    assert min(sorted(waits)[5:]) > 3500


async def test_when_the_time_is_over_the_next_is_let_through(limit_of: Limit) -> None:
    limit = limit_of("2/second")
    assert [await limit.wait_for("ana") for _ in range(3)] == [0, 0, 1]
    await asyncio.sleep(1.1)
    assert [await limit.wait_for("ana") for _ in range(3)] == [0, 0, 1]


async def test_on_redis_two_processes_count_together(redis_url: str) -> None:
    name = uuid.uuid4().hex
    first, second = (SharedRateLimit("3/hour", redis_url, name) for _ in range(2))
    waits = [await limit.wait_for("ana") for limit in (first, second, first, second)]
    assert [wait > 0 for wait in waits] == [False, False, False, True]
    await first.close()
    await second.close()


async def test_when_redis_is_gone_nobody_knows_the_limit() -> None:
    limit = SharedRateLimit("3/hour", "redis://127.0.0.1:1/0", "messages")
    with pytest.raises(LimitUnknown):
        await limit.wait_for("ana")
