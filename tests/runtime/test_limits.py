"""So many acts in a time, for each person alone."""

from __future__ import annotations

from bot.runtime.limits import RateLimit


async def test_what_is_within_the_limit_need_not_wait() -> None:
    limit = RateLimit("3/minute")
    assert [await limit.wait_for("ana") for _ in range(3)] == [0, 0, 0]


async def test_what_is_over_the_limit_has_to_wait_up_to_the_length_of_the_window() -> None:
    limit = RateLimit("3/minute")
    for _ in range(3):
        await limit.wait_for("ana")
    assert 1 <= await limit.wait_for("ana") <= 60


async def test_waiting_is_told_in_whole_seconds_and_is_never_zero() -> None:
    limit = RateLimit("1/second")
    await limit.wait_for("ana")
    wait = await limit.wait_for("ana")
    assert wait == 1
    assert isinstance(wait, int)


async def test_somebody_else_has_a_limit_of_their_own() -> None:
    limit = RateLimit("1/hour")
    assert await limit.wait_for("ana") == 0
    assert await limit.wait_for("ben") == 0
    assert await limit.wait_for("ana") > 0


async def test_two_limits_do_not_count_together() -> None:
    first, second = RateLimit("1/hour"), RateLimit("1/hour")
    assert await first.wait_for("ana") == 0
    assert await second.wait_for("ana") == 0


async def test_switched_off_it_lets_everything_pass() -> None:
    limit = RateLimit("off")
    assert {await limit.wait_for("ana") for _ in range(1_000)} == {0}
