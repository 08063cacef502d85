"""One turn at a time in a conversation, in memory and on Redis."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis

from bot.runtime.locks import LockError, MemoryLocks, RedisLocks, locks

Locks = MemoryLocks | RedisLocks


@pytest.fixture
def ana() -> str:
    """The id of a conversation that no other test has."""
    return uuid.uuid4().hex


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Locks]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    store = locks(url)
    store._patience_s = 5.0
    yield store
    await store.close()


async def test_of_many_who_want_the_same_lock_each_has_it_alone(store: Locks, ana: str) -> None:
    inside, most = 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with store.lock(ana):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(30)))
    assert (inside, most) == (0, 1)


async def test_another_conversation_need_not_wait(store: Locks, ana: str) -> None:
    async with store.lock(ana), store.lock(uuid.uuid4().hex):
        pass


async def test_a_turn_that_fails_gives_the_lock_back(store: Locks, ana: str) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with store.lock(ana):
                raise ZeroDivisionError


async def test_who_waits_too_long_gives_up_and_the_lock_stays_with_its_holder(
    store: Locks, ana: str
) -> None:
    async with store.lock(ana):
        store._patience_s = 0.05
        for _ in range(2):
            with pytest.raises(LockError):
                async with store.lock(ana):
                    pytest.fail("it was held")
    async with store.lock(ana):
        pass


async def test_who_waits_and_leaves_is_in_nobodys_way(store: Locks, ana: str) -> None:
    async with store.lock(ana):
        waiting = asyncio.create_task(_take(store, ana))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await _take(store, ana)


async def _take(store: Locks, conversation: str) -> None:
    async with store.lock(conversation):
        pass


async def test_in_memory_they_are_served_in_the_order_in_which_they_came(ana: str) -> None:
    store, served = MemoryLocks(), []

    async def work(number: int) -> None:
        async with store.lock(ana):
            served.append(number)

    async with store.lock(ana):
        tasks = [asyncio.create_task(work(number)) for number in range(9)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert served == list(range(9))


async def test_in_memory_nothing_is_left_of_a_lock(ana: str) -> None:
    store = MemoryLocks()
    await _take(store, ana)
    assert store._locks == store._users == {}


async def test_who_waits_on_redis_is_woken_and_does_not_ask_again_and_again(
    redis_url: str, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RedisLocks(redis_url)
    asked = 0
    set_ = store._redis.set

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal asked
        asked += 1
        return await set_(*args, **kwargs)

    monkeypatch.setattr(store._redis, "set", counted)
    async with store.lock(ana):
        waiting = asyncio.create_task(_take(store, ana))
        await asyncio.sleep(0.5)
    await waiting
    # The holder once; who waits when it came and when it was woken.
    assert asked == 3
    await store.close()


async def test_the_lock_of_a_process_that_was_killed_becomes_free(
    redis_url: str, ana: str
) -> None:
    dead, alive = RedisLocks(redis_url, lifetime_s=0.2), RedisLocks(redis_url, patience_s=5)
    await dead._acquire(dead._keys(ana), "a token that nobody gives back")
    await _take(alive, ana)
    await dead.close()
    await alive.close()


async def test_who_is_alive_keeps_the_lock_beyond_its_lifetime(redis_url: str, ana: str) -> None:
    holder, other = RedisLocks(redis_url, lifetime_s=0.3), RedisLocks(redis_url, patience_s=0.9)
    async with holder.lock(ana):
        with pytest.raises(LockError):
            await _take(other, ana)
    await _take(other, ana)
    await holder.close()
    await other.close()


async def test_who_lost_the_lock_does_not_take_it_from_the_next(redis_url: str, ana: str) -> None:
    late, next_ = RedisLocks(redis_url), RedisLocks(redis_url, patience_s=0.1)
    async with late.lock(ana):
        with redis.Redis.from_url(redis_url) as server:
            server.delete(late._keys(ana)[0])
        async with next_.lock(ana):
            await late._release(keys=late._keys(ana), args=["another token", 1000])
            with pytest.raises(LockError):
                await _take(next_, ana)
    await late.close()
    await next_.close()


def _count_up(url: str, conversation: str, file: str, times: int) -> None:
    async def work() -> None:
        store = RedisLocks(url, patience_s=30)
        for _ in range(times):
            async with store.lock(conversation):
                number = int(Path(file).read_text("ascii"))
                await asyncio.sleep(0.001)
                Path(file).write_text(str(number + 1), "ascii")
        await store.close()

    asyncio.run(work())


def test_two_processes_never_hold_one_lock_at_once(
    redis_url: str, ana: str, tmp_path: Path
) -> None:
    file = tmp_path / "count"
    file.write_text("0", "ascii")
    context = multiprocessing.get_context("fork")
    args = (redis_url, ana, str(file), 60)
    processes = [context.Process(target=_count_up, args=args) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert file.read_text("ascii") == "120"


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "redis://no-such-host.invalid/0", "redis://127.0.0.1:x"]
)
def test_an_address_at_which_no_redis_answers_is_refused(url: str) -> None:
    with pytest.raises(LockError):
        locks(url)


async def test_when_redis_is_gone_the_lock_cannot_be_had(ana: str) -> None:
    store = RedisLocks("redis://127.0.0.1:1/0")
    with pytest.raises(LockError):
        await _take(store, ana)


async def test_a_redis_that_says_nothing_is_one_that_is_not_there(
    ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.locks.SILENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = RedisLocks(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", patience_s=0.2)
        assert not await store.answers()
        with pytest.raises(LockError):
            await _take(store, ana)
        await store.close()
