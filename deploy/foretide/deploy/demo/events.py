"""What the demo itself puts into the pool's log before telemetry flows: the policy, and a request per application."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.messages import AllocateRequest, AppPolicy, PolicyEvent, PoolEvent, Probation, Replanning, Sizing


def opening_events(
    pool: str,
    apps: Sequence[str],
    at_ms: int,
    run: str,
    initial_slice: str,
    sizing: Sizing,
    replanning: Replanning,
    probation: Probation,
) -> list[PoolEvent]:
    """The policy and the requests, in order. `run` makes their ids unique; `at_ms` is when the telemetry begins."""
    policy = PolicyEvent(
        id=f"{run}/policy",
        pool=pool,
        at_ms=at_ms,
        default=AppPolicy(mode="auto", initial_slice=initial_slice),
        sizing=sizing,
        replanning=replanning,
        probation=probation,
    )
    requests = [
        AllocateRequest(id=f"{run}/allocate/{app}", pool=pool, at_ms=at_ms, app=app, preallocate=True)
        for app in sorted(apps)
    ]
    return [policy, *requests]
