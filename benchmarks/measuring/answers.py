"""How long an application waits for its prediction: from the telemetry record's time to the prediction record's.

Both are the broker's own times of arrival, so no clock of a client counts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import orjson
from aiokafka.structs import ConsumerRecord

from foretide.deploy.demo.reconcile import percentile
from foretide.schemas.topics import PREDICTIONS, TELEMETRY
from foretide.streams.worker.envelope import CLAIM_KEY, decode_envelope
from measuring.scene import Scene, partitions_of
from measuring.worker import MeasuringError


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds. `unanswered` telemetry records got no prediction until now."""

    p50: float
    p99: float
    answered: int
    unanswered: int


async def records_since(scene: Scene, topic: str, since: Mapping[int, int]) -> AsyncIterator[ConsumerRecord]:
    """The records of a topic from the given offsets up to its present end."""
    async with scene.reading(topic) as consumer:
        tps = partitions_of(topic)
        ends = await consumer.end_offsets(tps)
        for tp in tps:
            consumer.seek(tp, since[tp.partition])
        left = {tp for tp in tps if ends[tp] > since[tp.partition]}
        while left:
            for tp, found in (await consumer.getmany(*left, timeout_ms=500)).items():
                for record in found:
                    if record.offset < ends[tp]:
                        yield record
                if found and found[-1].offset + 1 >= ends[tp]:
                    left.discard(tp)


async def latencies(
    scene: Scene, telemetry: Mapping[int, int], predictions: Mapping[int, int], until: Mapping[int, int]
) -> Latencies:
    """Of the telemetry records from the given offsets on to those of `until`; the first answer counts.

    MeasuringError if there was none at all.
    """
    sent = {
        (r.partition, r.offset): r.timestamp
        async for r in records_since(scene, TELEMETRY, telemetry)
        if r.offset < until[r.partition]
    }
    waits = dict[tuple[int, int], float]()
    async for record in records_since(scene, PREDICTIONS, predictions):
        based_on = orjson.loads(record.value)["based_on"]
        place = based_on["partition"], based_on["offset"]
        if place in sent and place not in waits:
            waits[place] = float(record.timestamp - sent[place])
    ordered = sorted(waits.values())
    p50, p99 = percentile(ordered, 0.5), percentile(ordered, 0.99)
    if p50 is None or p99 is None:
        raise MeasuringError(f"none of {len(sent)} telemetry records was answered by a prediction")
    return Latencies(p50=p50, p99=p99, answered=len(waits), unanswered=len(sent) - len(waits))


async def mean_size(scene: Scene, topic: str, since: Mapping[int, int]) -> float:
    """Mean bytes of the values of a topic's records; 0 if there is none."""
    sizes = [len(r.value) async for r in records_since(scene, topic, since) if r.value]
    return sum(sizes) / len(sizes) if sizes else 0.0


async def bytes_per_snapshot(scene: Scene, topic: str, since: Mapping[int, int]) -> float:
    """All bytes of a changelog's values, whatever part of a state they hold, over the snapshots that they were written
    for; 0 if there is none."""
    total = snapshots = 0
    async for record in records_since(scene, topic, since):
        if record.value and record.key != CLAIM_KEY.encode():
            total += len(record.value)
            snapshots += decode_envelope(record.value).part == 0
    return total / snapshots if snapshots else 0.0
