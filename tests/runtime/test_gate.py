"""So many turns at once; who comes when there is too much to do is told so at once."""

from __future__ import annotations

import asyncio

import pytest

from bot.runtime.gate import Busy, Gate


async def test_no_more_run_at_once_than_may() -> None:
    gate = Gate(running=3, in_hand=100)
    inside, most = 0, 0

    async def turn() -> None:
        nonlocal inside, most
        async with gate.entered(), gate.running():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(turn() for _ in range(40)))
    assert (inside, most, gate.in_hand) == (0, 3, 0)


async def test_one_more_than_may_be_in_hand_is_refused_at_once_and_let_in_later() -> None:
    gate = Gate(running=1, in_hand=2)
    async with gate.entered():
        async with gate.entered():
            with pytest.raises(Busy) as refusal:
                async with gate.entered():
                    pytest.fail("there was no place")
            assert refusal.value.retry_after >= 1
        async with gate.entered():
            pass
    assert gate.in_hand == 0


async def test_who_waits_too_long_for_the_begin_is_refused() -> None:
    gate = Gate(running=1, in_hand=10, patience_s=0.02)
    async with gate.running():
        with pytest.raises(Busy):
            async with gate.running():
                pytest.fail("there was no place")
    async with gate.running():
        pass


async def test_a_turn_that_fails_leaves_its_places() -> None:
    gate = Gate(running=1, in_hand=1, patience_s=0.02)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with gate.entered(), gate.running():
                raise ZeroDivisionError


async def test_a_closed_gate_lets_nobody_in_and_who_is_in_goes_on() -> None:
    gate = Gate()
    async with gate.entered():
        gate.close()
        with pytest.raises(Busy):
            async with gate.entered():
                pytest.fail("it was closed")
        async with gate.running():
            pass
