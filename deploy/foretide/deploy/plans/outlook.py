"""A pool's log through the planner, up to its end, and what it would do then."""

from __future__ import annotations

from collections.abc import Iterable

from foretide.deploy.plans.errors import PlanError
from foretide.deploy.replay.feeding import Feed
from foretide.deploy.replay.records import RecordedRecord
from foretide.streams.planning import PlanProcessor, PoolOutlook, outlook


def outlook_of(records: Iterable[RecordedRecord], pool: str) -> PoolOutlook:
    """What the planner of `pool` would do at the end of the log; PlanError if the log knows no such pool."""
    keys: set[str] = set()
    processor = PlanProcessor()
    feed = Feed(processor)

    def of_pool() -> Iterable[RecordedRecord]:
        for record in records:
            keys.add((record.key or b"").decode(errors="replace"))
            if record.key == pool.encode():
                yield record

    for _ in feed.run(of_pool()):
        pass
    state = processor.pools().get(pool)
    if state is None:
        known = ", ".join(sorted(keys - {""})) or "none"
        raise PlanError(f"pool: the log has no pool {pool!r}; it has {known}. Give one of these as --pool.")
    return outlook(state)
