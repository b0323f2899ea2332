"""`foretide pool`: events that the planner reads, in the pool's own order."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from foretide.deploy.broker import KafkaBroker
from foretide.schemas.kafka import topic_admin
from foretide.schemas.messages import AllocateRequest, OomEvent, PolicyEvent, RecordRef, ReleaseRequest
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning import PoolState, step
from support.exporting import read_topic
from support.program import run_program

pytestmark = pytest.mark.timeout(60)


@pytest.mark.kafka
async def test_what_is_told_reaches_the_planner_in_order(kafka_broker: KafkaBroker) -> None:
    kafka = kafka_broker.settings()
    await topic_admin.create(kafka)
    pool = f"pool-{uuid.uuid4().hex[:8]}"
    for arguments in (
        ("policy", "--mode", "auto", "--app", "odd=one=advise", "--initial-slice", "2g.20gb", "--max-slice", "4g.40gb"),
        ("request", "a", "b", "--preallocate", "--priority", "70"),
        ("release", "a"),
        ("oom", "--app", "b", "--memory-bytes", "5e9", "--at-ms", "7"),
    ):
        done = await asyncio.to_thread(run_program, "foretide", "pool", *arguments, "--pool", pool, kafka=kafka)
        assert done.returncode == 0, done.stderr
        assert f"in the log of pool {pool}" in done.stdout
    events = [m for key, m in await read_topic(kafka, POOL_EVENTS) if key == pool.encode()]
    assert [type(e) for e in events] == [PolicyEvent, AllocateRequest, AllocateRequest, ReleaseRequest, OomEvent]
    policy, first, second, release, oom = events
    assert (policy.default.mode, policy.default.initial_slice, policy.default.max_slice) == (
        "auto",
        "2g.20gb",
        "4g.40gb",
    )
    assert policy.apps["odd=one"].mode == "advise"
    assert [(e.app, e.priority, e.preallocate) for e in (first, second)] == [("a", 70, True), ("b", 70, True)]
    assert release.app == "a"
    assert (oom.app, oom.memory_bytes, oom.at_ms) == ("b", 5e9, 7)
    assert len({e.id for e in events}) == 5
    state = PoolState(pool)
    for offset, event in enumerate(events):
        state, _ = step(state, event, RecordRef(topic=POOL_EVENTS, partition=0, offset=offset))
    assert set(state.apps) >= {"b"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("policy",), "--mode"),
        (("policy", "--mode", "fast"), "fast"),
        (("policy", "--mode", "auto", "--app", "a"), "is not APP=MODE"),
        (("request",), "APP"),
        (("oom",), "--app"),
        (("oom", "--app", "a", "--memory-bytes", "-1"), "-1"),
        (("request", "a", "--priority", "101"), "101"),
        (("release", "a", "--bootstrap", "127.0.0.1:1"), "127.0.0.1:1"),
    ],
)
def test_what_cannot_be_told(arguments: tuple[str, ...], says: str) -> None:
    done = run_program("foretide", "pool", *arguments)
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr
