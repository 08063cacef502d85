"""Rate limits per conversation and per address."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter


class RateLimit:
    """Counts what somebody did in a moving window.

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
