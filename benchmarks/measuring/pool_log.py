"""A pool's log as a planner meets it: cards, a policy, requests, forecasts of many applications, and the outcomes of
the commands that follow, in the order and at the offsets at which a live planner's actuators would have put them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from msgspec.structs import replace

from foretide.schemas.codec import encode
from foretide.schemas.messages import (
    AllocateRequest,
    AppPolicy,
    ForecastEvent,
    InventoryEvent,
    PolicyEvent,
    PoolEvent,
    ResourceReport,
    Sizing,
)
from foretide.streams.planning import PoolLoop
from measuring.fleet import Keyed, partition_of
from measuring.templates import Templates


@dataclass(frozen=True, slots=True)
class PoolLog:
    """The records, and what planning them cost without any shell."""

    pool: str
    records: list[Keyed]
    decisions: int
    commands: int
    core_cpu_seconds: float


def pool_log(templates: Templates, apps: int, most: int) -> PoolLog:
    """Up to `most` events of one pool with so many applications, copies of the templates, a card for each."""
    pool = next(name for n in count() if partition_of((name := f"pool-{n}").encode()) == 0)
    loop, decisions, commands = PoolLoop(pool, keep_log=True), 0, 0
    assert loop.log is not None
    began = time.process_time()
    for event in _events(templates, pool, apps):
        made = loop.feed(event)
        decisions += len(made)
        commands += sum(d.commanded for d in made)
        if len(loop.log) >= most:
            break
    took = time.process_time() - began
    key = pool.encode()
    return PoolLog(pool, [Keyed(key, encode(e), 0) for e in loop.log], decisions, commands, took)


def _events(
    templates: Templates, pool: str, apps: int
) -> Iterator[InventoryEvent | PolicyEvent | AllocateRequest | ForecastEvent]:
    told = sorted((e for o in templates.pool_events if isinstance(e := o.message, ForecastEvent)), key=_at)
    begin = told[0].at_ms
    cards = [ResourceReport(resource=f"card-{i:05d}", geometry="mig-80gb", host=f"host-{i // 8}") for i in range(apps)]
    # Without these no event of the log but the first hundred could change anything: no actuator runs here.
    sizing = Sizing(max_in_flight_per_host=apps + 1, max_in_flight_per_pool=apps + 1)
    yield InventoryEvent(id="benchmark/inventory", pool=pool, at_ms=begin, source="benchmark", resources=cards)
    yield PolicyEvent(id="benchmark/policy", pool=pool, at_ms=begin, default=AppPolicy(mode="auto"), sizing=sizing)
    copies = {name: [f"app-{i:05d}" for i in range(place, apps, len(templates.names))]
              for place, name in enumerate(templates.names)}  # fmt: skip
    for app in sorted(one for own in copies.values() for one in own):
        yield AllocateRequest(id=f"benchmark/{app}", pool=pool, at_ms=begin, app=app)
    for event in told:
        for app in copies[event.app]:
            yield replace(event, app=app, pool=pool, id=f"{event.id}/{app}")


def _at(event: PoolEvent) -> int:
    return event.at_ms
