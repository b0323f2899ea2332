"""A pool's log through the planner again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from foretide.deploy.replay.feeding import Feed
from foretide.deploy.replay.records import RecordedRecord
from foretide.schemas.messages import Decision
from foretide.streams.planning import PlanProcessor, decision_hash


@dataclass(frozen=True, slots=True)
class PoolReplay:
    """What a replay of the pool log gave. `set_aside` counts records that break the contract."""

    decision_hash: str
    decisions: int
    commands: int
    records: int
    set_aside: int


def replay_pool(records: Iterable[RecordedRecord], pool: str | None = None) -> PoolReplay:
    """Run the planner over a recorded pool log, of all pools or of `pool` alone."""
    feed = Feed(PlanProcessor())
    decisions = [output.message for output in feed.run(_of_pool(records, pool)) if isinstance(output.message, Decision)]
    return PoolReplay(
        decision_hash=decision_hash(decisions),
        decisions=len(decisions),
        commands=sum(d.commanded for d in decisions),
        records=feed.counts.handled,
        set_aside=feed.counts.aside,
    )


def _of_pool(records: Iterable[RecordedRecord], pool: str | None) -> Iterator[RecordedRecord]:
    wanted = pool.encode() if pool is not None else None
    return (r for r in records if wanted is None or r.key == wanted)
