"""Records are fetched in one thread while another handles them: none is lost, in order, and not without bound."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from faust.types import TP

from foretide.streams.worker import prefetch as module
from foretide.streams.worker.prefetch import Found, Prefetch
from support.lab import until

pytestmark = pytest.mark.timeout(20)

TOPIC = "telemetry.v1"
FIRST, SECOND = TP(TOPIC, 0), TP(TOPIC, 1)


def both() -> Set[TP]:
    return {FIRST, SECOND}


def records(partition: int, *offsets: int) -> list[Any]:
    return [ConsumerRecord(TOPIC, partition, n, 1000 + n, 0, b"app-%d" % n, b"{}", None, 5, 2, ()) for n in offsets]


class Broker:
    """Lives in the fetching thread: gives what was put, and tells what it was asked for."""

    def __init__(self) -> None:
        self.allowed = True
        self.asked: list[Set[TP]] = []
        self._queue: asyncio.Queue[dict[TP, list[Any]] | Exception] = asyncio.Queue()

    async def fetch(self, partitions: Set[TP]) -> Mapping[TP, list[Any]]:
        self.asked.append(partitions)
        found = await self._queue.get()
        if isinstance(found, Exception):
            raise found
        return found

    def put(self, found: dict[TP, list[Any]] | Exception) -> None:
        self._queue.put_nowait(found)


class Fetching:
    """A thread with a loop in which a prefetch runs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.broker = Broker()
        self.loop = loop
        self.prefetch = Prefetch(self.broker.fetch, loop, lambda: self.broker.allowed)

    def give(self, *found: dict[TP, list[Any]] | Exception) -> None:
        for each in found:
            self.loop.call_soon_threadsafe(self.broker.put, each)

    async def started(self) -> None:
        """Ask for the first time, in vain: the thread waits for its first records then."""
        assert await self.prefetch.take(both, 0.001) == {}
        await self.asked(1)

    async def asked(self, times: int) -> None:
        """Until the thread has asked the broker so many times; what it was given before is then there to be taken."""
        await until(lambda: len(self.broker.asked) >= times, 5, f"{times} fetches", pause=0.001)

    async def turns(self, many: int = 20) -> None:
        """Let the thread's loop turn."""
        for _ in range(many):
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop))


@contextmanager
def fetching() -> Iterator[Fetching]:
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    made = Fetching(loop)

    async def serve() -> None:
        running = asyncio.create_task(made.prefetch.run())
        await stop.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
        loop.close()


async def taken(prefetch: Prefetch, enough: Callable[[Found], bool]) -> Found:
    """What is taken until that is enough."""
    total: Found = {}
    while not enough(total):
        for partition, raws in (await prefetch.take(both, 5)).items():
            total.setdefault(partition, []).extend(raws)
    return total


def offsets(found: Found) -> dict[int, list[int]]:
    return {partition: [raw.offset for raw in raws] for partition, raws in found.items()}


async def test_nothing_is_fetched_before_somebody_asks() -> None:
    with fetching() as made:
        await made.turns()
        assert made.broker.asked == []
        await made.started()
        assert made.broker.asked == [both()]


async def test_what_is_fetched_while_nobody_asks_is_taken_at_once_and_in_order() -> None:
    with fetching() as made:
        await made.started()
        made.give({SECOND: records(1, 7, 8), FIRST: records(0, 2)}, {FIRST: records(0, 3, 4)})
        await made.asked(3)
        found = await made.prefetch.take(both, 5)
        assert offsets(found) == {1: [7, 8], 0: [2, 3, 4]}
        assert found[1][0].key == b"app-7"
        assert found[1][0].timestamp_ms == 1007


async def test_every_record_is_taken_once_while_both_threads_run() -> None:
    with fetching() as made:
        many = 500
        made.give(*({TP(TOPIC, n % 2): records(n % 2, n)} for n in range(many)))
        total = await taken(made.prefetch, lambda found: sum(map(len, found.values())) == many)
    assert offsets(total) == {0: [*range(0, many, 2)], 1: [*range(1, many, 2)]}


async def test_with_enough_ahead_no_more_is_fetched_until_some_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AHEAD", 5)
    with fetching() as made:
        await made.started()
        made.give(*({FIRST: records(0, 2 * n, 2 * n + 1)} for n in range(6)))
        await made.asked(3)
        await made.turns()
        assert len(made.broker.asked) == 3
        assert offsets(await made.prefetch.take(both, 5)) == {0: [0, 1, 2, 3, 4, 5]}
        assert offsets(await taken(made.prefetch, lambda found: len(found.get(0, [])) == 6)) == {
            0: [6, 7, 8, 9, 10, 11]
        }


async def test_while_nothing_may_be_fetched_nobody_asks_in_vain_and_a_taker_starts_it_again() -> None:
    with fetching() as made:
        await made.started()
        made.broker.allowed = False
        made.give({})
        await made.turns()
        assert len(made.broker.asked) == 1
        made.broker.allowed = True
        made.give({FIRST: records(0, 2)})
        assert offsets(await made.prefetch.take(both, 5)) == {0: [2]}


async def test_a_partition_is_fetched_as_soon_as_somebody_wants_it() -> None:
    wanted: set[TP] = set()
    with fetching() as made:
        made.give({FIRST: records(0, 2)})
        taking = asyncio.create_task(made.prefetch.take(lambda: set(wanted), 5))
        await made.turns()
        assert made.broker.asked == []
        wanted.add(FIRST)
        made.prefetch.look_again()
        assert offsets(await taking) == {0: [2]}
        await made.asked(2)
        wanted.add(SECOND)
        taking = asyncio.create_task(made.prefetch.take(lambda: set(wanted), 5))
        await asyncio.sleep(0)  # it looks, in vain
        made.give({})
        await made.asked(3)
        made.give({SECOND: records(1, 7)})
        assert offsets(await taking) == {1: [7]}
        assert made.broker.asked[:3] == [{FIRST}, {FIRST}, both()]


async def test_what_was_fetched_before_a_rebalance_is_thrown_away() -> None:
    with fetching() as made:
        await made.started()
        made.give({FIRST: records(0, 2)})
        await made.asked(2)
        made.prefetch.clear()
        made.give({SECOND: records(1, 5)})
        assert offsets(await made.prefetch.take(both, 5)) == {1: [5]}


async def test_an_error_of_the_fetching_is_the_takers() -> None:
    with fetching() as made:
        made.give(RuntimeError("no access"))
        with pytest.raises(RuntimeError, match="no access"):
            await made.prefetch.take(both, 5)
        with pytest.raises(RuntimeError, match="no access"):
            await made.prefetch.take(both, 5)
