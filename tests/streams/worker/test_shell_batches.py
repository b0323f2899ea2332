"""Records handled together give what they give one by one, whatever is among them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.streams.worker.processor import Output, Record
from foretide.streams.worker.source import Raw
from support.shell_scene import Scene

KINDS = {"good": b'{"n": 7}', "bad": b"?", "boom": b'{"n": 1, "boom": true}'}


def log_of(scene: Scene, kinds: list[tuple[str, int]]) -> list[Raw]:
    return [scene.source.add(f"app-{key}", KINDS[kind]) for kind, key in kinds]


def outcome(scene: Scene) -> tuple[object, ...]:
    ledger = scene.shell.partitions[0].ledger
    return scene.core.counts, sorted(scene.predictions), scene.metrics.counts()["dead_letters"], ledger.expected


async def one_by_one(kinds: list[tuple[str, int]]) -> tuple[object, ...]:
    scene = Scene()
    records = log_of(scene, kinds)
    await scene.own()
    for raw in records:
        await scene.shell.take(raw)
    assert not scene.failures
    return outcome(scene)


async def together(kinds: list[tuple[str, int]], parts: list[int], lost: set[int]) -> tuple[object, ...]:
    scene = Scene()
    records = log_of(scene, kinds)
    await scene.own()
    delivered = [r for r in records if r.offset not in lost or r is records[-1]]
    while delivered:
        size = parts.pop() if parts else len(delivered)
        await scene.shell.take_all(delivered[:size])
        await scene.shell.take_all(delivered[: size // 2])  # delivered again
        del delivered[:size]
    assert not scene.failures
    return outcome(scene)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["good", "good", "good", "bad", "boom"]), st.integers(0, 4)), min_size=1),
    st.lists(st.integers(1, 9)),
    st.sets(st.integers(0, 30), max_size=5),
)
def test_in_batches_as_one_by_one(kinds: list[tuple[str, int]], parts: list[int], lost: set[int]) -> None:
    assert asyncio.run(together(kinds, parts, lost)) == asyncio.run(one_by_one(kinds))


async def test_a_snapshot_after_a_fault_in_a_batch_holds_nothing_of_the_fault() -> None:
    scene = Scene()
    records = log_of(scene, [("good", 0), ("good", 1), ("boom", 2), ("good", 3)])
    await scene.own()
    await scene.shell.take_all(records)
    assert await scene.shell.release([0], 1.0)
    assert scene.shell.committable() == {0: 4}
    assert {k: c.total for k, c in scene.core.counts.items()} == {"app-0": 7, "app-1": 7, "app-3": 7}


async def test_too_many_dead_letters_in_a_batch_leave_books_and_state_at_one() -> None:
    scene = Scene(limit=1)
    records = log_of(scene, [("good", 0), ("bad", 1), ("bad", 2), ("good", 3), ("good", 4)])
    await scene.own()
    await scene.shell.take_all(records)
    await scene.shell.take_all([scene.source.add("app-5", KINDS["good"])])
    assert len(scene.failures) == 1
    assert scene.core.counts == scene.truth([records[0], records[3], records[4]])
    assert await scene.shell.release([0], 1.0)
    assert scene.shell.committable() == {0: 5}


async def test_a_full_outbox_makes_a_batch_wait_and_does_not_break_it_up() -> None:
    scene = Scene()
    records = log_of(scene, [("good", n) for n in range(5)])
    await scene.own()
    together: list[int] = []
    handle_all = scene.core.handle_all

    def noted(batch: Sequence[Record]) -> list[Sequence[Output] | Exception]:
        together.append(len(batch))
        return handle_all(batch)

    scene.core.handle_all = noted  # type: ignore[assignment, method-assign]
    scene.outbox.full = True
    taking = asyncio.create_task(scene.shell.take_all(records))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not scene.core.counts
    scene.outbox.full = False
    await asyncio.wait_for(taking, 5)
    assert together == [5]
    assert scene.core.counts == scene.truth(records)


async def test_a_batch_that_waits_for_the_outbox_is_given_up_with_its_partition() -> None:
    scene = Scene()
    records = log_of(scene, [("good", n) for n in range(5)])
    await scene.own()
    scene.outbox.full = True
    taking = asyncio.create_task(scene.shell.take_all(records))
    await asyncio.sleep(0)
    releasing = asyncio.create_task(scene.shell.release([0], 1.0))
    await asyncio.wait_for(taking, 5)
    assert await releasing
    assert not scene.core.counts
    assert scene.shell.committable() == {0: 0}
