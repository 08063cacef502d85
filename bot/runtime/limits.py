"""Rate limits per conversation and per address, in memory or on Redis for several processes."""

from __future__ import annotations

import math
import secrets
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis import asyncio as redis
from redis.exceptions import RedisError

__all__ = ["LimitUnknown", "RateLimit", "SharedRateLimit", "rate_limit"]


class LimitUnknown(Exception):
    """Redis did not say whether the limit is reached."""


class RateLimit:
    """Counts what somebody did in a moving window, in this process.

    Args:
        rate: like `30/minute`, or `off`.
    """

    def __init__(self, rate: str) -> None:
        self._item: RateLimitItem | None = None if rate == "off" else parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def wait_for(self, who: str) -> int:
        """Count one act of `who`; 0 when it is allowed, else the seconds until the next one is."""
        if self._item is None or await self._limiter.hit(self._item, who):
            return 0
        window = await self._limiter.get_window_stats(self._item, who)
        return max(1, math.ceil(window.reset_time - time.time()))

    async def close(self) -> None:
        """Close what is open."""


# The acts of the window as a sorted set, by Redis's own clock: those of the processes may differ.
# Answers 0 when the act is counted, else the milliseconds until the oldest one leaves the window.
# KEYS: the set. ARGV: acts allowed, milliseconds of the window, an id for this act.
_COUNT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('ZADD', KEYS[1], now, ARGV[3])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return 0
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return math.max(1, tonumber(oldest[2]) + ARGV[2] - now)
"""


class SharedRateLimit(RateLimit):
    """As `RateLimit`, counted on Redis for all processes together.

    Args:
        rate: like `30/minute`, or `off`.
        url: of the Redis server.
        name: of what is counted, so that two limits do not count together.
    """

    def __init__(self, rate: str, url: str, name: str) -> None:
        super().__init__(rate)
        self._name = name
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
        self._count = self._redis.register_script(_COUNT)

    async def wait_for(self, who: str) -> int:
        """As `RateLimit.wait_for`; raises LimitUnknown when Redis does not answer."""
        if self._item is None:
            return 0
        window_ms = self._item.get_expiry() * 1000
        act = secrets.token_hex(8)
        try:
            wait_ms = await self._count(
                keys=[f"rate:{self._name}:{who}"], args=[self._item.amount, window_ms, act]
            )
        except (RedisError, OSError) as error:
            raise LimitUnknown from error
        return math.ceil(int(wait_ms) / 1000)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.close()
        await self._redis.connection_pool.disconnect()


def rate_limit(rate: str, url: str, name: str) -> RateLimit:
    """The limit of this process alone, or, with the `url` of a Redis server, of all together."""
    return SharedRateLimit(rate, url, name) if url else RateLimit(rate)
