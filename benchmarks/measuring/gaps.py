"""The longest time that any application was without a new prediction, by the broker's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from measuring.scene import Scene, partitions_of


class Gaps:
    """Follows a topic of predictions. `longest` is the longest gap of any application so far, in seconds."""

    def __init__(self, scene: Scene, topic: str, since: Mapping[int, int]) -> None:
        self._scene = scene
        self._topic = topic
        self._since = since
        self._last: dict[bytes, int] = {}
        self._longest: dict[bytes, int] = {}
        self.predictions = 0

    async def follow(self) -> None:
        """Read until cancelled."""
        async with self._scene.reading(self._topic) as consumer:
            for tp in partitions_of(self._topic):
                consumer.seek(tp, self._since[tp.partition])
            while True:
                found = await consumer.getmany(timeout_ms=500, max_records=5000)
                for records in found.values():
                    for record in records:
                        self._see(record.key, record.timestamp)
                await asyncio.sleep(0.2)

    def _see(self, key: bytes, at_ms: int) -> None:
        self.predictions += 1
        gap = at_ms - self._last.get(key, at_ms)
        self._last[key] = at_ms
        self._longest[key] = max(self._longest.get(key, 0), gap)

    @property
    def longest(self) -> float:
        """The longest gap of all, seconds."""
        return max(self._longest.values(), default=0) / 1000

    @property
    def typical(self) -> float:
        """The median application's longest gap, seconds."""
        ordered = sorted(self._longest.values())
        return ordered[len(ordered) // 2] / 1000 if ordered else 0.0

    @property
    def applications(self) -> int:
        """How many have been heard of."""
        return len(self._last)
