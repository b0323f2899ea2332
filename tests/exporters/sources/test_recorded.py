"""Ticks known beforehand: at their speed, on their clock, ended when told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from foretide.exporters.pacing import Pacer
from foretide.exporters.samples import Tick
from foretide.exporters.sources import Recorded
from foretide.exporters.sources.recorded import Clock

pytestmark = pytest.mark.timeout(20)


def make(shift_ms: int) -> Iterator[Tick]:
    for number in range(100):
        yield Tick(5_000 + shift_ms + number * 1000, ())


async def collect(speed: float, clock: Clock = "original", stop_after: int | None = None) -> tuple[list[int], float]:
    source = Recorded("replay", make, 5_000, speed=speed, clock=clock, wall=lambda: 1_000_000)
    ending, loop = asyncio.Event(), asyncio.get_running_loop()
    begun, times = loop.time(), []
    async for tick in source.ticks(Pacer(), ending):
        times.append(tick.at_ms)
        if len(times) == stop_after:
            ending.set()
    return times, loop.time() - begun


async def test_all_ticks_come_in_order_on_their_own_clock() -> None:
    times, _ = await collect(speed=0)
    assert times == [5_000 + n * 1000 for n in range(100)]


async def test_a_shifted_clock_begins_now_and_keeps_the_distances() -> None:
    times, _ = await collect(speed=0, clock="shifted")
    assert times == [1_000_000 + n * 1000 for n in range(100)]


async def test_ticks_are_not_ahead_of_their_time() -> None:
    times, took = await collect(speed=200)
    assert len(times) == 100
    assert took >= 99 / 200 - 0.01


async def test_the_end_comes_between_two_ticks() -> None:
    times, took = await collect(speed=1, stop_after=1)
    assert times == [5_000]
    assert took < 0.9


@pytest.mark.parametrize(("speed", "live"), [(0.0, False), (1.0, True)])
def test_only_a_paced_source_cannot_wait(speed: float, live: bool) -> None:
    assert Recorded("replay", make, 0, speed=speed, clock="original").live is live
