"""So many acts in a time, for each person alone."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable

import pytest
from redis import asyncio as redis

from bot.runtime.limits import (
    ConnectionLimit,
    Limits,
    LimitUnknown,
    RateLimit,
    SharedRateLimit,
    rate_limit,
)

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


async def test_a_limit_is_over_in_its_time_whatever_a_clock_is_set_to() -> None:
    """By the time of day, one that was set back by an hour let nobody through for an hour."""
    passed = 0.0
    limit = RateLimit("2/minute", clock=lambda: passed)
    assert [await limit.wait_for("ana") for _ in range(3)] == [0, 0, 60]
    passed = 59.0
    assert await limit.wait_for("ana") == 1
    passed = 60.0
    assert [await limit.wait_for("ana") for _ in range(3)] == [0, 0, 60]


async def test_the_time_of_day_has_no_part_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = RateLimit("1/second")
    assert await limit.wait_for("ana") == 0
    set_back = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: set_back)
    assert await limit.wait_for("ana") == 1
    await asyncio.sleep(1.1)
    assert await limit.wait_for("ana") == 0


async def test_on_redis_what_came_before_the_clock_was_set_back_is_forgotten(
    redis_url: str,
) -> None:
    name = uuid.uuid4().hex
    limit = SharedRateLimit("2/minute", redis_url, name)
    assert [await limit.wait_for("ana") for _ in range(2)] == [0, 0]
    # As Redis has it once its clock was set back by an hour.
    async with redis.Redis.from_url(redis_url) as server:
        key = f"rate:{name}:ana"
        for act in await server.zrange(key, 0, -1):
            await server.zincrby(key, 3600 * 1000, act)
    waits = [await limit.wait_for("ana") for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert 1 <= waits[2] <= 60
    await limit.close()


async def test_who_has_not_acted_for_the_length_of_the_window_is_forgotten() -> None:
    passed = 0.0
    limit = RateLimit("2/minute", clock=lambda: passed)
    for number in range(1000):
        await limit.wait_for(f"somebody {number}")
    passed = 61.0
    await limit.wait_for("ana")
    assert list(limit._acts) == ["ana"]


async def test_messages_of_an_address_are_counted_by_all_processes_together(
    redis_url: str,
) -> None:
    first, second = (Limits.of("9/hour", "9/hour", "3/hour", "9/hour", redis_url) for _ in "12")
    ana = uuid.uuid4().hex
    waits = [await limits.address.wait_for(ana) for limits in (first, second, first, second)]
    assert [wait > 0 for wait in waits] == [False, False, False, True]
    # Messages, reads and sessions do not count together.
    for limit in (first.messages, first.reads, first.sessions):
        assert await limit.wait_for(ana) == 0
    await first.close()
    await second.close()


async def test_requests_are_counted_where_redis_does_not_answer() -> None:
    limits = Limits.of("9/hour", "9/hour", "9/hour", "2/hour", "redis://127.0.0.1:1/0")
    assert [await limits.requests.wait_for("ana") > 0 for _ in range(3)] == [False, False, True]
    await limits.close()


def test_so_many_connections_may_be_open_and_one_more_once_one_has_ended() -> None:
    limit = ConnectionLimit(in_all=5, per_address=2)
    assert [limit.enter("ana") for _ in range(3)] == [True, True, False]
    assert [limit.enter("ben") for _ in range(2)] == [True, True]
    # A proxy has as many as there are.
    assert [limit.enter(None) for _ in range(2)] == [True, False]
    assert not limit.enter("cem")
    limit.leave("ben")
    assert not limit.enter("ana")
    assert limit.enter("cem")


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
