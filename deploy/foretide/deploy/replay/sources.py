"""Where recorded records come from: a file, or a topic as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from foretide.deploy.replay.records import RecordedRecord, read_log
from foretide.deploy.replay.topic import read_topic
from foretide.schemas.kafka.settings import KafkaSettings

T = TypeVar("T")


async def replayed(topic: str, source: Path | KafkaSettings, replay: Callable[[Iterable[RecordedRecord]], T]) -> T:
    """`replay` of the records of `topic` in a recording or, up to its present end, on a broker."""
    if isinstance(source, Path):
        return replay(read_log(source, topic))
    return replay([record async for record in read_topic(source, topic)])
