"""Every record learned exactly once, and none without its output, through crashes, freezes and a broker's death."""

from __future__ import annotations

import asyncio
import signal

import pytest

from foretide.deploy.broker import KafkaBroker
from foretide.streams.worker.freeze import EXIT_FROZEN
from support.lab import Feeder, Lab, assert_exact, ends_of, learned, truth, until

pytestmark = [pytest.mark.kafka, pytest.mark.e2e, pytest.mark.timeout(180)]


async def test_crash_freeze_and_hand_over_lose_and_repeat_nothing(lab: Lab, own_kafka: KafkaBroker) -> None:
    first, second = lab.start(), lab.start()
    await lab.owned(first, second)
    feeder = Feeder(lab.kafka, per_second=400)
    async with feeder.running():
        await feeder.more(600)
        first.signal(signal.SIGKILL)
        third = lab.start()
        await lab.owned(second, third)

        await feeder.more(400)
        second.signal(signal.SIGSTOP)
        await lab.owned(third)  # its session has run out
        await feeder.more(200)
        second.signal(signal.SIGCONT)
        assert await second.ended(5) == EXIT_FROZEN
        assert second.text().splitlines()[-1].startswith("Error: this worker was frozen for")

        own_kafka.kill()
        await asyncio.to_thread(own_kafka.restart)
        await feeder.more(300)
        fourth = lab.start()
        await lab.owned(third, fourth)
        await feeder.more(200)
        third.signal(signal.SIGTERM)
        assert await third.ended(15) == 0
        await lab.owned(fourth)
        await feeder.more(200)
    assert await assert_exact(lab) > 1800
    fourth.signal(signal.SIGTERM)
    assert await fourth.ended(15) == 0


async def test_what_a_stop_saves_the_next_start_has(lab: Lab) -> None:
    """With a cadence that never comes due only the stop itself writes snapshots."""
    worker = lab.start("--cadence", "600")
    await lab.owned(worker)
    feeder = Feeder(lab.kafka)
    async with feeder.running():
        await feeder.more(300)
    ends = await ends_of(lab.kafka, "telemetry.v1")

    async def handled() -> bool:
        progress = await worker.progress()
        return progress is not None and {int(n): p["position"] for n, p in progress["partitions"].items()} == ends

    await until(handled, 20, "all to be handled")
    worker.signal(signal.SIGTERM)
    assert await worker.ended(15) == 0
    assert await learned(lab.kafka) == (await truth(lab.kafka))[0]
    again = lab.start("--cadence", "600")
    await lab.owned(again)
    progress = await again.progress()
    assert progress is not None
    assert progress["restored"] == sum(p["asleep"] for p in progress["partitions"].values()) == 23
    assert {int(n): p["position"] for n, p in progress["partitions"].items()} == ends
    assert all(p["epoch"] >= 2 for p in progress["partitions"].values())


async def test_a_stop_ends_in_time_while_the_broker_is_away_and_says_what_it_could_not_save(
    lab: Lab, own_kafka: KafkaBroker
) -> None:
    worker = lab.start("--cadence", "600")
    await lab.owned(worker)
    feeder = Feeder(lab.kafka)
    async with feeder.running():
        await feeder.more(200)
    own_kafka.kill()
    worker.signal(signal.SIGTERM)
    assert await worker.ended(15) == 3
    assert "without having saved everything" in worker.text()
    await asyncio.to_thread(own_kafka.restart)
    lab.start()
    await assert_exact(lab)
