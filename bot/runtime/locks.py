"""One turn at a time in a conversation: locks in memory, and on Redis for several processes.

Rasa's own lock stores ask once a second whose turn it is, and the one on Redis reads and writes in
two steps, so that two processes can hold the same lock. Here who waits is woken.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LockError, LockStore
from redis import Redis
from redis import asyncio as redis
from redis.exceptions import RedisError

__all__ = ["LockError", "MemoryLocks", "RedisLocks", "locks"]

# Seconds that somebody waits for the turn before theirs; below the limit of a turn.
PATIENCE_S = 10.0
# Seconds after which the lock of a process that was killed is free. Who is alive renews it.
LIFETIME_S = 10.0
# Seconds after which a Redis that says nothing counts as one that is not there.
SILENCE_S = 5.0


class MemoryLocks(LockStore):
    """Locks of one process; who asked first is served first."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        super().__init__()
        self._patience_s = patience_s
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = 0, wait_time_in_seconds: float = 0
    ) -> AsyncIterator[TicketLock]:
        """Hold the lock of a conversation. The two times are Rasa's and have no meaning here.

        Raises:
            LockError: it did not become free in time.
        """
        # Rasa's own locks are counted by tickets; nobody looks at the one that is given here.
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        self._users[conversation_id] = self._users.get(conversation_id, 0) + 1
        try:
            try:
                await asyncio.wait_for(lock.acquire(), self._patience_s)
            except asyncio.TimeoutError as error:
                raise LockError("The turn before did not end in time.") from error
            try:
                yield TicketLock(conversation_id)
            finally:
                lock.release()
        finally:
            self._users[conversation_id] -= 1
            if not self._users[conversation_id]:
                del self._users[conversation_id], self._locks[conversation_id]

    async def answers(self) -> bool:
        """Whether locks can be had: always."""
        return True

    async def close(self) -> None:
        """Nothing is open."""


# Each script runs as a whole, so that no other process comes in between.
# KEYS: the lock, the list on which who waits listens. ARGV: the holder's token, milliseconds.
_RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('DEL', KEYS[2])
redis.call('RPUSH', KEYS[2], '1')
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
"""
_RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""


class RedisLocks(LockStore):
    """Locks that several processes share. A lock outlives its process by `lifetime_s` at most.

    Args:
        url: of the Redis server, as in `REDIS_URL`.
    """

    def __init__(
        self, url: str, patience_s: float = PATIENCE_S, lifetime_s: float = LIFETIME_S
    ) -> None:
        super().__init__()
        # Longer than the longest command, which waits for a lock.
        limit_s = patience_s + SILENCE_S
        self._redis = redis.Redis.from_url(
            url, socket_connect_timeout=SILENCE_S, socket_timeout=limit_s
        )
        self._release = self._redis.register_script(_RELEASE)
        self._renew = self._redis.register_script(_RENEW)
        self._patience_s = patience_s
        self._lifetime_s = lifetime_s

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = 0, wait_time_in_seconds: float = 0
    ) -> AsyncIterator[TicketLock]:
        """As `MemoryLocks.lock`; LockError also when Redis does not answer."""
        keys = self._keys(conversation_id)
        token = secrets.token_hex(16)
        try:
            await self._acquire(keys, token)
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            raise LockError("The lock cannot be had.") from error
        alive = asyncio.create_task(self._keep_alive(keys, token))
        try:
            yield TicketLock(conversation_id)
        finally:
            alive.cancel()
            # It ends by itself too, and what was done under it is done: no reason to fail.
            with suppress(RedisError, OSError, asyncio.TimeoutError):
                released = self._release(keys=keys, args=[token, self._milliseconds])
                await asyncio.wait_for(released, SILENCE_S)

    async def answers(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await asyncio.wait_for(self._redis.ping(), SILENCE_S))
        except (RedisError, OSError, asyncio.TimeoutError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.close()
        await self._redis.connection_pool.disconnect()

    def _keys(self, conversation: str) -> list[str]:
        return [f"lock:{{{conversation}}}", f"lock-free:{{{conversation}}}"]

    @property
    def _milliseconds(self) -> int:
        return int(self._lifetime_s * 1000)

    async def _acquire(self, keys: list[str], token: str) -> None:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._patience_s
        while not await self._redis.set(keys[0], token, nx=True, px=self._milliseconds):
            left = give_up_at - loop.time()
            if left <= 0:
                raise asyncio.TimeoutError
            # Woken by who releases it, or when the lock of a killed process has run out.
            remaining = await self._redis.pttl(keys[0]) / 1000
            await self._redis.blpop([keys[1]], min(left, max(remaining, 0.01)))

    async def _keep_alive(self, keys: list[str], token: str) -> None:
        while True:
            await asyncio.sleep(self._lifetime_s / 3)
            try:
                await self._renew(keys=keys, args=[token, self._milliseconds])
            except (RedisError, OSError):
                # Tried again. Should it be lost, the numbers of the events keep order.
                continue


def locks(url: str) -> MemoryLocks | RedisLocks:
    """Locks of this process alone, or, with the `url` of a Redis server, of all together.

    Raises:
        LockError: Redis does not answer at that address.
    """
    if not url:
        return MemoryLocks()
    try:
        with Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as server:
            server.ping()
    except (RedisError, OSError, ValueError) as error:
        raise LockError("Redis does not answer.") from error
    return RedisLocks(url)
