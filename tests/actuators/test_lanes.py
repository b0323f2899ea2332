from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.actuators.lanes import Lanes

pytestmark = pytest.mark.timeout(20)


@given(jobs=st.lists(st.sets(st.sampled_from("abc"), min_size=1), min_size=1, max_size=12), data=st.data())
def test_jobs_that_share_a_key_run_in_order_and_never_at_once(jobs: list[set[str]], data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(0, 4), min_size=len(jobs), max_size=len(jobs)))

    async def main() -> list[int]:
        lanes, running, order = Lanes(limit=20), set[int](), list[int]()

        async def work(n: int) -> None:
            assert not any(jobs[m] & jobs[n] for m in running)
            running.add(n)
            order.append(n)
            for _ in range(lengths[n]):
                await asyncio.sleep(0)
            running.discard(n)

        for n, keys in enumerate(jobs):
            await lanes.submit(keys, lambda n=n: work(n))  # type: ignore[misc]
        assert await lanes.idle(5)
        assert lanes.failure is None
        return order

    order = asyncio.run(main())
    assert sorted(order) == list(range(len(jobs)))
    for key in "abc":
        mine = [n for n in order if key in jobs[n]]
        assert mine == sorted(mine)


async def test_others_go_on_beside_a_slow_one() -> None:
    lanes, gate, done = Lanes(limit=5), asyncio.Event(), list[str]()

    async def slow() -> None:
        await gate.wait()
        done.append("slow")

    async def quick(name: str) -> None:
        done.append(name)

    await lanes.submit(["x"], slow)
    await lanes.submit(["y"], lambda: quick("other"))
    await lanes.submit(["x", "z"], lambda: quick("behind"))
    assert not await lanes.idle(0.05)
    assert done == ["other"]
    gate.set()
    assert await lanes.idle(5)
    assert done == ["other", "slow", "behind"]


async def test_the_limit_holds_the_caller_back() -> None:
    lanes, gate = Lanes(limit=1), asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    await lanes.submit(["x"], wait)
    second = asyncio.create_task(lanes.submit(["y"], wait))
    await asyncio.sleep(0.02)
    assert not second.done()
    gate.set()
    await asyncio.wait_for(second, 5)
    assert await lanes.idle(5)


async def test_after_a_failure_nothing_more_begins() -> None:
    lanes, done = Lanes(limit=5), list[str]()

    async def fail() -> None:
        raise ValueError("broken")

    async def quick() -> None:
        done.append("ran")

    await lanes.submit(["x"], fail)
    await lanes.submit(["x"], quick)
    await asyncio.wait_for(lanes.failed.wait(), 5)
    assert await lanes.idle(5)
    assert isinstance(lanes.failure, ValueError)
    assert done == []
