"""The least that any Python worker must do: consume, decode by the contract, produce a message of the same size.

    cd benchmarks; python -m measuring.bare '{"bootstrap": ..., "starts": [...], "records": 20000, "size": 3000}'

Run as a process of its own by `benchmarks/pipeline.py`; its last line tells `BareResult`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from foretide.deploy.demo.reconcile import percentile
from foretide.schemas.codec import parse
from foretide.schemas.kafka import clients
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.topics import TELEMETRY
from measuring.fleet import Fleet
from measuring.pacing import paced
from measuring.scene import Scene, partitions_of
from measuring.worker import MeasuringError

_HERE = Path(__file__).resolve().parents[1]
BARE_TOPIC = "bare-loop"
"""Where its answers go."""


class BareOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to read and how large an answer is."""

    bootstrap: str
    starts: list[int]
    """Per partition of the telemetry topic the offset to begin at."""
    records: int
    size: int


class BareResult(msgspec.Struct, frozen=True, kw_only=True):
    """Processor time of the whole process for so many records, and how long their answers took, in milliseconds by the
    broker's own times of arrival."""

    records: int
    cpu_seconds: float
    p50: float
    p99: float


async def loop(order: BareOrder) -> BareResult:
    """Consume, decode, produce; a tenth first that is not counted."""
    kafka = KafkaSettings(bootstrap=order.bootstrap)
    consumer, producer = clients.consumer(kafka, fetch_max_bytes=8 << 20), clients.producer(kafka)
    answer, done, counted = b"x" * order.size, 0, 0
    waits: list[float] = []
    await consumer.start()
    await producer.start()
    try:
        consumer.assign(partitions_of(TELEMETRY))
        for tp in partitions_of(TELEMETRY):
            consumer.seek(tp, order.starts[tp.partition])
        began = time.process_time()
        while done < order.records:
            found = await consumer.getmany(timeout_ms=500, max_records=500)
            if not done or (not counted and done >= order.records // 10):
                began, counted = time.process_time(), done
                waits.clear()
            waiting, came = [], []
            for messages in found.values():
                for message in messages:
                    parse(TELEMETRY, message.value)
                    waiting.append(await producer.send(BARE_TOPIC, answer, key=message.key))
                    came.append(message.timestamp)
            answered = await asyncio.gather(*waiting)
            waits += [one.timestamp - at for one, at in zip(answered, came, strict=True)]
            done += len(waiting)
        cpu_seconds = time.process_time() - began
        p50, p99 = percentile(sorted(waits), 0.5), percentile(sorted(waits), 0.99)
        return BareResult(records=done - counted, cpu_seconds=cpu_seconds, p50=p50 or 0.0, p99=p99 or 0.0)
    finally:
        await consumer.stop()
        await producer.stop()


async def bare_per_cpu_second(scene: Scene, starts: Mapping[int, int], records: int, size: int) -> float:
    """Windows per CPU-second of the loop, from the given offsets of the telemetry topic on."""
    await scene.scratch_topic(BARE_TOPIC)
    result = await _run(scene, starts, records, size)
    return result.records / result.cpu_seconds


async def bare_latency(scene: Scene, fleet: Fleet, rate: float, seconds: float, size: int) -> BareResult:
    """How long the loop's answers take at `rate` windows a second: what broker, producer and machine alone take."""
    starts = await scene.ends(TELEMETRY)
    async with paced(scene, TELEMETRY, fleet.windows(0, None), rate):
        return await _run(scene, starts, round(rate * seconds), size)


async def _run(scene: Scene, starts: Mapping[int, int], records: int, size: int) -> BareResult:
    """The loop in a process of its own."""
    order = BareOrder(
        bootstrap=scene.kafka.bootstrap, starts=[starts[p] for p in sorted(starts)], records=records, size=size
    )
    with scene.cores.measured():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "measuring.bare", msgspec.json.encode(order).decode(),
            cwd=_HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    try:
        told, failed = await asyncio.wait_for(process.communicate(), 300.0)
    except TimeoutError as error:
        process.kill()
        raise MeasuringError("the bare loop did not end within 300 s") from error
    if process.returncode:
        raise MeasuringError(f"the bare loop failed: {failed.decode(errors='replace')[-400:]}")
    return msgspec.json.decode(told.splitlines()[-1], type=BareResult)


def main() -> None:
    """Run the order on the command line and print the result."""
    order = msgspec.json.decode(sys.argv[1], type=BareOrder)
    print(msgspec.json.encode(asyncio.run(loop(order))).decode())


if __name__ == "__main__":
    main()
