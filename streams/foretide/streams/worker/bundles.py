"""What one fetch brought for a partition, delivered by Faust as one message.

Faust's way from the consumer to an agent costs it some hundred microseconds a message: tasks, locks, sensors. A fetch
brings up to hundreds of records of a partition, so they go that way together. A bundle that is dropped in a rebalance
is like a record that is: the next one begins after a gap, and the gap is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import faust
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP, ConsumerMessage

from foretide.streams.worker.source import Raw

MOST_FETCHED: Final = 500
"""Records that one fetch hands out at most, hence the longest bundle."""

MOST_WAITING: Final = 8
"""Bundles between Faust's consumer and its agent; when they are nearly as many, no more are fetched."""


class Bundling(DefaultSchedulingStrategy):  # type: ignore[misc]
    """Schedules a partition's fetched records as one item; Faust's own delivers them one by one."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        return ((tp, fetched) for tp, fetched in records.items() if fetched)


def bundle(tp: TP, fetched: list[Any], generation: int) -> ConsumerMessage:
    """One message for Faust: it stands at the offset of its last record, and its value is the list of `Raw`s."""
    partition, last = tp.partition, fetched[-1]
    raws = [Raw(partition, each.offset, each.key, each.value, each.timestamp or 0) for each in fetched]
    return ConsumerMessage(
        tp.topic,
        partition,
        last.offset,
        (last.timestamp or 0) / 1000,
        last.timestamp_type,
        (),
        None,
        raws,
        None,
        tp=tp,
        generation_id=generation,
    )


class BundleSchema(faust.Schema):  # type: ignore[misc]
    """Gives the agent a bundle as it is: decoding is the core's, record by record."""

    def __init__(self) -> None:
        super().__init__(key_serializer="raw", value_serializer="raw")

    def loads_key(self, app: Any, message: Any, **_: Any) -> None:
        return None

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        return message.value
