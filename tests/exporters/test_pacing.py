"""Schedules and the pacer."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.exporters.pacing import Pacer, Schedule


@given(st.integers(0, 10**13), st.integers(0, 10**9), st.floats(0.01, 10_000))
def test_event_time_runs_at_its_speed(first_ms: int, later_ms: int, speed: float) -> None:
    schedule = Schedule(100.0, first_ms, speed)
    assert schedule.due(first_ms) == 100.0
    assert schedule.due(first_ms + later_ms) == pytest.approx(100.0 + later_ms / 1000 / speed)


@pytest.mark.timeout(10)
async def test_lateness_does_not_add_up() -> None:
    now = [50.0]
    pacer = Pacer(lambda: now[0])
    schedule = Schedule(50.0, 0, 1.0)
    now[0] = 53.5
    assert await pacer.until(schedule.due(1000), asyncio.Event())
    assert pacer.lag_seconds == pytest.approx(2.5)
    assert pacer.overdue_seconds == pytest.approx(2.5)
    assert await pacer.until(schedule.due(3500), asyncio.Event())
    assert pacer.lag_seconds == 0.0


@pytest.mark.timeout(10)
async def test_the_end_cuts_a_wait_short() -> None:
    pacer, ending = Pacer(), asyncio.Event()
    waiting = asyncio.create_task(pacer.until(pacer.now() + 3600, ending))
    await asyncio.sleep(0)
    ending.set()
    assert await waiting is False
