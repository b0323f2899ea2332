"""The bounded buffer."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.exporters.delivery import Buffer, Packet


def packet(number: int) -> Packet:
    return Packet(b"app", str(number).encode(), 1)


@given(st.integers(1, 8), st.integers(0, 40))
def test_the_newest_stay_in_order_and_the_oldest_go_in_order(limit: int, count: int) -> None:
    async def run() -> None:
        buffer = Buffer(limit)
        gone = [p for n in range(count) if (p := buffer.put(packet(n))) is not None]
        kept = [await buffer.get() for _ in range(len(buffer))]
        assert gone + kept == [packet(n) for n in range(count)]
        assert len(kept) == min(limit, count)

    asyncio.run(run())


@pytest.mark.timeout(10)
async def test_get_waits_for_a_packet() -> None:
    buffer = Buffer(2)
    getting = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)
    assert not getting.done()
    buffer.put(packet(1))
    assert await getting == packet(1)


@pytest.mark.timeout(10)
async def test_room_comes_with_taking() -> None:
    buffer = Buffer(4)
    for n in range(4):
        buffer.put(packet(n))
    waiting = asyncio.create_task(buffer.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    while len(buffer) > 1:
        await buffer.get()
    await waiting


@pytest.mark.timeout(10)
async def test_a_buffer_for_one_gives_room_when_it_is_empty() -> None:
    buffer = Buffer(1)
    await asyncio.wait_for(buffer.room(), 5)
    buffer.put(packet(1))
    waiting = asyncio.create_task(buffer.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert buffer.clear() == 1
    await waiting


def test_a_buffer_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room for one"):
        Buffer(0)
