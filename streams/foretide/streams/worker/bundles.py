"""What was fetched since the last time, delivered by Faust as one message.

Faust's way from the consumer to an agent costs it some hundred microseconds a message: tasks, locks, sensors. Up to
hundreds of records were fetched meanwhile, so they go that way together, whatever their partition. A bundle that is
dropped in a rebalance is like a record that is: the next one begins after a gap, and the gap is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import faust
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP, ConsumerMessage

from foretide.streams.worker.prefetch import Found
from foretide.streams.worker.source import Raw

MOST_FETCHED: Final = 500
"""Records that one fetch hands out at most."""

MOST_WAITING: Final = 4
"""Bundles between Faust's consumer and its agent; when they are nearly as many, no more are fetched."""


class Bundling(DefaultSchedulingStrategy):  # type: ignore[misc]
    """Schedules all that was fetched as one item of the first partition; Faust's own delivers records one by one."""

    def iterate(self, records: Mapping[TP, Found]) -> Iterator[tuple[TP, Found]]:
        return iter(records.items())


def bundle(tp: TP, found: Found, generation: int) -> ConsumerMessage:
    """One message for Faust, whose value are the records, partition by partition.

    It stands at the last offset of `tp`, which is one of theirs.
    """
    last = found[tp.partition][-1]
    return ConsumerMessage(
        tp.topic,
        tp.partition,
        last.offset,
        last.timestamp_ms / 1000,
        0,
        (),
        None,
        [*found.values()],
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

    def loads_value(self, app: Any, message: Any, **_: Any) -> list[list[Raw]]:
        raws: list[list[Raw]] = message.value
        return raws
