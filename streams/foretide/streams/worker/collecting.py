"""How long the broker collects records before it answers a fetch.

What a fetch costs hardly depends on what it brings, and one that brings every partition's records saves the next. But
a record that comes alone should not wait for others, and while nothing comes nobody should ask fifty times a second.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer


class Collecting(NamedTuple):
    """The broker answers when it has so many bytes, or after so many milliseconds with what it has."""

    bytes: int
    milliseconds: int


FLOWING: Final = Collecting(65_536, 20)
"""While records flow. With 10 ms a worker at half load spends a tenth more on fetches; with 30 answers wait longer."""

QUIET: Final = Collecting(1, 500)
"""While they come one by one."""


def worth(found: int) -> Collecting:
    """How to collect after a look that found so many records: where several came together, more will."""
    return FLOWING if found > 1 else QUIET


def collect(consumer: AIOKafkaConsumer, how: Collecting) -> None:
    """Let the consumer's next fetches be answered so. aiokafka has no public way, but reads these for each request."""
    fetcher = consumer._fetcher  # noqa: SLF001
    fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = how  # noqa: SLF001
