"""How many turns are in hand at once. One more is refused at once, not left to time out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Busy", "Gate"]

# Turns that run at the same time; while one waits for the database, others are understood.
RUNNING = 16
# Turns in hand, those that wait included: some seconds of work on one core.
IN_HAND = 200
# Seconds a turn may wait for its begin. Far below the limit of a turn, so that a client hears
# "busy, try again" and never nothing.
PATIENCE_S = 5.0


class Busy(Exception):
    """There is too much to do, or the service is about to stop. Nothing was done."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class Gate:
    """Lets turns in, so many at a time.

    Args:
        running: turns that run at once.
        in_hand: turns that run or wait.
        patience_s: seconds that a turn waits for its begin.
    """

    def __init__(
        self, running: int = RUNNING, in_hand: int = IN_HAND, patience_s: float = PATIENCE_S
    ) -> None:
        self._places = asyncio.Semaphore(running)
        self._in_hand_at_most = in_hand
        self._patience_s = patience_s
        self._in_hand = 0
        self._is_closed = False

    @property
    def in_hand(self) -> int:
        """Turns that run or wait."""
        return self._in_hand

    def close(self) -> None:
        """Let nobody in any more; who is in goes on."""
        self._is_closed = True

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Be one of the turns in hand.

        Raises:
            Busy: there are as many as may be, or the gate is closed.
        """
        if self._is_closed or self._in_hand >= self._in_hand_at_most:
            raise Busy(retry_after=2)
        self._in_hand += 1
        try:
            yield
        finally:
            self._in_hand -= 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be one of the turns that run.

        Raises:
            Busy: no place became free in time.
        """
        try:
            await asyncio.wait_for(self._places.acquire(), self._patience_s)
        except asyncio.TimeoutError as error:
            raise Busy(retry_after=5) from error
        try:
            yield
        finally:
            self._places.release()
