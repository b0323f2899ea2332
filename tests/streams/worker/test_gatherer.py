"""What arrives together is taken together, in order and once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.worker import gatherer as module
from foretide.streams.worker.batch import MOST
from foretide.streams.worker.gatherer import MOST_WAITING, PASSES, Gatherer
from foretide.streams.worker.source import Raw
from support.lab import until

pytestmark = pytest.mark.timeout(20)


def raw(offset: int, key: str | None = None, partition: int = 0) -> Raw:
    return Raw(partition, offset, (key or f"app-{offset}").encode(), b"{}", 0)


def unexpected(error: BaseException) -> None:
    pytest.fail(repr(error))


class Taken:
    """What was taken, and together with what; takes nothing while `going` is not set."""

    def __init__(self) -> None:
        self.batches: list[list[Raw]] = []
        self.going = asyncio.Event()
        self.going.set()

    async def take_all(self, raws: list[Raw]) -> None:
        await self.going.wait()
        self.batches.append(raws)

    @property
    def raws(self) -> list[Raw]:
        return [raw for batch in self.batches for raw in batch]


async def test_what_arrives_during_a_batch_is_taken_together_after_it() -> None:
    taken = Taken()
    taken.going.clear()
    async with Gatherer(taken.take_all, unexpected) as gatherer:
        await gatherer.offer([raw(0)])
        await asyncio.sleep(0)  # it is being taken
        for offset in range(1, 20):
            await gatherer.offer([raw(offset)])
            await asyncio.sleep(0.001)
        taken.going.set()
        await until(lambda: len(taken.raws) == 20, 5, "all records", pause=0)
    assert [len(batch) for batch in taken.batches] == [1, 19]
    assert [r.offset for r in taken.raws] == list(range(20))


async def test_batches_are_full_and_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN_SECONDS", 0)
    taken = Taken()
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1 if 0 < len(taken.batches) < 4 else 0

    async with Gatherer(taken.take_all, unexpected) as gatherer:
        running = asyncio.create_task(other())
        await gatherer.offer([raw(offset) for offset in range(4 * MOST)])
        await until(lambda: len(taken.raws) == 4 * MOST, 5, "all records", pause=0)
        running.cancel()
    assert [len(batch) for batch in taken.batches] == [MOST] * 4
    assert turns >= 2 * PASSES


async def test_with_enough_waiting_offers_have_to_wait_and_none_is_lost() -> None:
    taken = Taken()
    taken.going.clear()
    bundle = MOST_WAITING // 8
    offered = 0

    async with Gatherer(taken.take_all, unexpected) as gatherer:

        async def offer() -> None:
            nonlocal offered
            for start in range(0, 2 * MOST_WAITING, bundle):
                await gatherer.offer([raw(offset) for offset in range(start, start + bundle)])
                offered += bundle

        offering = asyncio.create_task(offer())
        for _ in range(50):
            await asyncio.sleep(0)
        assert MOST_WAITING <= offered <= MOST_WAITING + bundle
        taken.going.set()
        await offering
        await until(lambda: len(taken.raws) == 2 * MOST_WAITING, 5, "all records", pause=0)
    assert [r.offset for r in taken.raws] == list(range(2 * MOST_WAITING))


BUNDLES = st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 5), min_size=1, max_size=12)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(BUNDLES)
def test_each_partition_keeps_its_order_and_no_key_is_twice_in_a_batch(bundles: list[tuple[int, list[int]]]) -> None:
    offsets = dict.fromkeys(range(3), 0)
    offered: list[Raw] = []

    async def scene() -> Taken:
        taken = Taken()
        async with Gatherer(taken.take_all, unexpected) as gatherer:
            for partition, keys in bundles:
                raws = []
                for key in keys:
                    raws.append(raw(offsets[partition], f"{partition}-{key}", partition))
                    offsets[partition] += 1
                offered.extend(raws)
                await gatherer.offer(raws)
            await until(lambda: len(taken.raws) >= len(offered), 5, "all records", pause=0)
        return taken

    taken = asyncio.run(scene())
    for number in offsets:
        assert [r for r in taken.raws if r.partition == number] == [r for r in offered if r.partition == number]
    assert all(len({r.key for r in batch}) == len(batch) for batch in taken.batches)


async def test_a_partition_with_one_busy_key_does_not_keep_others_apart() -> None:
    taken = Taken()
    taken.going.clear()
    async with Gatherer(taken.take_all, unexpected) as gatherer:
        await gatherer.offer([raw(0)])
        await asyncio.sleep(0.1)  # it is being taken
        await gatherer.offer([raw(offset, "busy", 1) for offset in range(3)])
        await gatherer.offer([raw(offset, None, 2) for offset in range(40)])
        taken.going.set()
        await until(lambda: len(taken.raws) == 44, 5, "all records", pause=0)
    assert [len(batch) for batch in taken.batches] == [1, 41, 1, 1]


async def test_records_of_one_key_are_taken_one_by_one() -> None:
    taken = Taken()
    async with Gatherer(taken.take_all, unexpected) as gatherer:
        await gatherer.offer([raw(offset, "pool") for offset in range(MOST)])
        await until(lambda: len(taken.raws) == MOST, 5, "all records", pause=0)
    assert [len(batch) for batch in taken.batches] == [1] * MOST
    assert [r.offset for r in taken.raws] == list(range(MOST))


async def test_a_failure_is_told() -> None:
    told: list[BaseException] = []

    async def take_all(raws: list[Raw]) -> None:
        raise RuntimeError("no")

    async with Gatherer(take_all, told.append) as gatherer:
        await gatherer.offer([raw(0)])
        await until(lambda: bool(told), 5, "the failure", pause=0)
    assert str(told[0]) == "no"
