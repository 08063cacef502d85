"""How often and how much at once: rates, in memory or on Redis for several processes; connections.

No clock that somebody sets has a part in it: a limit is over when its time has passed.
"""

from __future__ import annotations

import math
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem, parse
from redis import asyncio as redis
from redis.exceptions import RedisError

__all__ = [
    "ConnectionLimit", "LimitUnknown", "Limits", "RateLimit", "SharedRateLimit", "rate_limit"
]


class LimitUnknown(Exception):
    """Redis did not say whether the limit is reached."""


class RateLimit:
    """Counts what somebody did in a moving window, in this process.

    Args:
        rate: like `30/minute`, or `off`.
        clock: seconds that only ever grow, whatever the time of day is set to.
    """

    def __init__(self, rate: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._item: RateLimitItem | None = None if rate == "off" else parse(rate)
        self._clock = clock
        # When each one's acts were, oldest first; whoever acted longest ago comes first.
        self._acts: dict[str, deque[float]] = {}

    async def wait_for(self, who: str) -> int:
        """Count one act of `who`; 0 when it is allowed, else the seconds until the next one is."""
        if self._item is None:
            return 0
        now, window = self._clock(), self._item.get_expiry()
        self._forget(now - window)
        acts = self._acts.get(who, deque())
        while acts and acts[0] <= now - window:
            acts.popleft()
        if len(acts) >= self._item.amount:
            return max(1, math.ceil(acts[0] + window - now))
        acts.append(now)
        self._acts.pop(who, None)
        self._acts[who] = acts
        return 0

    async def close(self) -> None:
        """Close what is open."""

    def _forget(self, before: float) -> None:
        """Keep nothing of those who have not acted since."""
        while self._acts:
            first = next(iter(self._acts))
            if self._acts[first][-1] > before:
                return
            del self._acts[first]


# The acts of the window as a sorted set, by Redis's own clock: those of the processes may differ.
# What seems to have happened later than now happened before that clock was set back, and would
# count for as long as it was set back by.
# Answers 0 when the act is counted, else the milliseconds until the oldest one leaves the window.
# KEYS: the set. ARGV: acts allowed, milliseconds of the window, an id for this act.
_COUNT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
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


@dataclass(frozen=True)
class Limits:
    """The rates of the chat.

    Attributes:
        messages: of one conversation.
        reads: how often one conversation's history or receipts are asked for, or it is deleted.
        sessions: new conversations from one address.
        address: messages and reads from one address, of all its conversations.
        requests: of whatever kind from one address. Counted by each process for itself: it is what
            protects the process, and has to hold where Redis does not answer.
    """

    messages: RateLimit
    reads: RateLimit
    sessions: RateLimit
    address: RateLimit
    requests: RateLimit

    @classmethod
    def of(
        cls, messages: str, sessions: str, address: str, requests: str, redis_url: str = ""
    ) -> Limits:
        """Limits with these rates, shared where there is a Redis server."""
        return cls(
            rate_limit(messages, redis_url, "messages"),
            rate_limit(messages, redis_url, "reads"),
            rate_limit(sessions, redis_url, "sessions"),
            rate_limit(address, redis_url, "address"),
            RateLimit(requests),
        )

    async def close(self) -> None:
        """Close what is open."""
        for limit in (self.messages, self.reads, self.sessions, self.address, self.requests):
            await limit.close()


class ConnectionLimit:
    """How many connections there may be at once.

    Args:
        in_all: of everybody together.
        per_address: of one address.
    """

    def __init__(self, in_all: int, per_address: int) -> None:
        self._in_all = in_all
        self._per_address = per_address
        self._open: Counter[str | None] = Counter()

    def enter(self, who: str | None) -> bool:
        """Whether one more may be opened from this address, None for one that is not limited by
        itself. Whoever may has to `leave`."""
        full = self._open.total() >= self._in_all
        if full or (who is not None and self._open[who] >= self._per_address):
            return False
        self._open[who] += 1
        return True

    def leave(self, who: str | None) -> None:
        """One of its connections has ended."""
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]
