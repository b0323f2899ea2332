"""Waits until nothing is in flight any more: every window handled, every event planned, every command answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError

from foretide.deploy.demo.endpoint import read_progress
from foretide.deploy.demo.errors import DemoError
from foretide.deploy.demo.observer import Observer
from foretide.deploy.demo.processes import PLAN_WORKER, PROFILE_WORKERS, port_file
from foretide.deploy.demo.settings import DemoSettings
from foretide.schemas.topics import POOL_EVENTS, TELEMETRY


@dataclass(frozen=True, slots=True)
class WorkersAt:
    """How far the workers of one agent have come, put together. `positions`: the next offset to handle per partition,
    of the partitions that somebody owns and has restored; `waiting`: outputs not yet in the broker."""

    answering: int
    ready: bool
    positions: Mapping[int, int]
    waiting: int

    def reached(self, ends: Mapping[int, int]) -> bool:
        """Whether everything before `ends` has been handled and its outputs are in the broker."""
        return self.waiting == 0 and all(self.positions.get(p, -1) >= end for p, end in ends.items() if end > 0)


def put_together(answers: Sequence[Mapping[str, Any] | None]) -> WorkersAt:
    """The answers of one agent's workers at /progress as one; None is a worker that does not answer."""
    present = [a for a in answers if a is not None]
    positions: dict[int, int] = {}
    for answer in present:
        for number, partition in answer["partitions"].items():
            if partition["ready"]:
                positions[int(number)] = max(positions.get(int(number), 0), partition["position"])
    return WorkersAt(
        answering=len(present),
        ready=bool(present) and len(present) == len(answers) and all(a["ready"] for a in present),
        positions=positions,
        waiting=sum(a["outbox_waiting"] for a in present),
    )


async def workers_at(settings: DemoSettings, names: Sequence[str]) -> WorkersAt:
    """Ask these workers how far they are."""
    return put_together(await asyncio.gather(*(read_progress(port_file(settings, name)) for name in names)))


async def wait_until_ready(settings: DemoSettings, partitions: int, seconds: float) -> None:
    """Wait until the workers of both agents own every partition; DemoError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        profile = await workers_at(settings, PROFILE_WORKERS)
        plan = await workers_at(settings, [PLAN_WORKER])
        if profile.ready and plan.ready and len(profile.positions) == len(plan.positions) == partitions:
            return
        if time.monotonic() > deadline:
            raise DemoError(
                f"the workers are not ready after {seconds:.0f} s ({profile.answering + plan.answering} of "
                f"{len(PROFILE_WORKERS) + 1} answer); see {settings.out / 'logs'}"
            )
        await asyncio.sleep(0.2)


async def drain(settings: DemoSettings, observer: Observer, seconds: float) -> None:
    """Wait until the run has come to rest, seen from the workers and from the topics; DemoError after `seconds`.

    It rests when two looks in a row find the same ends, all of them reached and no command unanswered.
    """
    deadline = time.monotonic() + seconds
    before: Mapping[tuple[str, int], int] | None = None
    while True:
        ends, missing = await _look(settings, observer)
        if missing is None and ends == before:
            return
        before = ends if missing is None else None
        if time.monotonic() > deadline:
            raise DemoError(f"the run did not come to rest within {seconds:.0f} s: {missing or 'topics still grow'}")
        await asyncio.sleep(0.3)


async def _look(settings: DemoSettings, observer: Observer) -> tuple[dict[tuple[str, int], int], str | None]:
    """The present ends, and what still is in flight (None: nothing)."""
    try:
        ends = await observer.ends()
    except KafkaError as e:
        return {}, f"the broker does not answer ({type(e).__name__})"
    profile = await workers_at(settings, PROFILE_WORKERS)
    if not profile.reached(_of(ends, TELEMETRY)):
        return ends, "telemetry is not handled to its end"
    plan = await workers_at(settings, [PLAN_WORKER])
    if not plan.reached(_of(ends, POOL_EVENTS)):
        return ends, "the pool's log is not planned to its end"
    seen = observer.positions
    if any(seen[place] < end for place, end in ends.items()):
        return ends, "not everything is observed yet"
    if unanswered := observer.figures.unanswered:
        return ends, f"{len(unanswered)} commands have no outcome ({unanswered[0]})"
    return ends, None


def _of(ends: Mapping[tuple[str, int], int], topic: str) -> dict[int, int]:
    return {partition: end for (name, partition), end in ends.items() if name == topic}
