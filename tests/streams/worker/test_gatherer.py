"""What arrives together is taken together, in order and once."""

from __future__ import annotations

import asyncio

import pytest

from foretide.streams.worker.batch import MOST
from foretide.streams.worker.gatherer import Gatherer
from foretide.streams.worker.source import Raw
from support.lab import until

pytestmark = pytest.mark.timeout(10)


def raw(offset: int) -> Raw:
    return Raw(0, offset, b"app", b"{}", 0)


def unexpected(error: BaseException) -> None:
    pytest.fail(repr(error))


async def test_what_arrives_within_a_few_passes_is_taken_together_and_nothing_is_waited_for() -> None:
    taken: list[list[int]] = []

    async def take_all(raws: list[Raw]) -> None:
        taken.append([r.offset for r in raws])

    async with Gatherer(take_all, unexpected) as gatherer:
        for offset in range(20):
            await gatherer.offer([raw(offset)])
            for _ in range(3):
                await asyncio.sleep(0)
        await until(lambda: bool(taken), 5, "the first batch", pause=0)
        await gatherer.offer([raw(20)])
        await until(lambda: len(taken) == 2, 5, "the second batch", pause=0)
    assert taken == [list(range(20)), [20]]


async def test_more_than_two_batches_have_to_wait_and_none_is_lost() -> None:
    taken: list[int] = []
    going = asyncio.Event()

    async def take_all(raws: list[Raw]) -> None:
        await going.wait()
        taken.extend(r.offset for r in raws)

    async with Gatherer(take_all, unexpected) as gatherer:
        offered = 0

        async def offer() -> None:
            nonlocal offered
            for offset in range(5 * MOST):
                await gatherer.offer([raw(offset)])
                offered += 1
                await asyncio.sleep(0)

        offering = asyncio.create_task(offer())
        await until(lambda: offered >= 3 * MOST, 5, "the gatherer to be full", pause=0)
        for _ in range(50):
            await asyncio.sleep(0)
        assert offered == 3 * MOST  # one batch is being taken, two wait
        going.set()
        await offering
        await until(lambda: len(taken) == 5 * MOST, 5, "all records", pause=0)
    assert taken == list(range(5 * MOST))


async def test_a_failure_is_told() -> None:
    told: list[BaseException] = []

    async def take_all(raws: list[Raw]) -> None:
        raise RuntimeError("no")

    async with Gatherer(take_all, told.append) as gatherer:
        await gatherer.offer([raw(0)])
        await until(lambda: bool(told), 5, "the failure", pause=0)
    assert str(told[0]) == "no"


async def test_a_bundle_larger_than_a_batch_is_taken_in_batches_and_lets_others_run_between() -> None:
    taken: list[int] = []
    sizes: list[int] = []
    turns = 0

    async def take_all(raws: list[Raw]) -> None:
        sizes.append(len(raws))
        taken.extend(r.offset for r in raws)

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1 if sizes and len(sizes) < 4 else 0

    async with Gatherer(take_all, unexpected) as gatherer:
        running = asyncio.create_task(other())
        await gatherer.offer([raw(offset) for offset in range(3 * MOST + 1)])
        await until(lambda: len(taken) == 3 * MOST + 1, 5, "all records", pause=0)
        running.cancel()
    assert taken == list(range(3 * MOST + 1))
    assert sizes == [MOST, MOST, MOST, 1]
    assert turns >= 3
