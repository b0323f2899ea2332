"""`foretide pool`: events that the planner reads, in the pool's own order."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from foretide.actuators.commands.options import simulated_pool
from foretide.deploy.broker import KafkaBroker
from foretide.schemas.inventory_file import read_inventory
from foretide.schemas.kafka import topic_admin
from foretide.schemas.messages import AllocateRequest, InventoryEvent, OomEvent, PolicyEvent, RecordRef, ReleaseRequest
from foretide.schemas.topics import POOL_EVENTS
from foretide.streams.planning import PoolState, step
from support.exporting import read_topic
from support.program import run_program

pytestmark = pytest.mark.timeout(60)

SHARES = """\
kinds:
  - {name: shared, resource_class: mps, geometry: mps-24gb, price_per_hour: 0.8}
resources:
  - {kind: shared, host: n1}
"""


@pytest.mark.kafka
async def test_what_is_told_reaches_the_planner_in_order(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    kafka = kafka_broker.settings()
    await topic_admin.create(kafka)
    pool = f"pool-{uuid.uuid4().hex[:8]}"
    file = tmp_path / "pool.yaml"
    file.write_text(SHARES)
    for arguments in (
        ("apply", str(file), "--source", "rack-1"),
        ("policy", "--mode", "auto", "--app", "odd=one=advise", "--initial-slice", "2g.20gb", "--max-slice", "4g.40gb"),
        ("request", "a", "b", "--preallocate", "--priority", "70"),
        ("release", "a"),
        ("oom", "--app", "b", "--memory-bytes", "5e9", "--at-ms", "7"),
    ):
        done = await asyncio.to_thread(run_program, "foretide", "pool", *arguments, "--pool", pool, kafka=kafka)
        assert done.returncode == 0, done.stderr
        assert f"in the log of pool {pool}" in done.stdout
    events = [m for key, m in await read_topic(kafka, POOL_EVENTS) if key == pool.encode()]
    assert [type(e) for e in events] == [
        InventoryEvent, PolicyEvent, AllocateRequest, AllocateRequest, ReleaseRequest, OomEvent,
    ]  # fmt: skip
    cards, policy, first, second, release, oom = events
    assert (policy.default.mode, policy.default.initial_slice, policy.default.max_slice) == (
        "auto",
        "2g.20gb",
        "4g.40gb",
    )
    assert (cards.source, [k.geometry for k in cards.kinds]) == ("rack-1", ["mps-24gb"])
    assert [(r.resource, r.kind, r.price_per_hour) for r in cards.resources] == [("n1/shared-00", "shared", 0.8)]
    assert policy.apps["odd=one"].mode == "advise"
    assert [(e.app, e.priority, e.preallocate) for e in (first, second)] == [("a", 70, True), ("b", 70, True)]
    assert release.app == "a"
    assert (oom.app, oom.memory_bytes, oom.at_ms) == ("b", 5e9, 7)
    assert len({e.id for e in events}) == 6
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


def test_a_pool_file_is_checked_and_written_for_the_exporter_and_the_actuator(tmp_path: Path) -> None:
    (tmp_path / "pool.yaml").write_text(SHARES)
    out = tmp_path / "cards.json"
    done = run_program("foretide", "pool", "check", str(tmp_path / "pool.yaml"), "--inventory", str(out))
    assert done.returncode == 0, done.stderr
    assert "shared: 1 of class mps (mps-24gb), 0.8 an hour" in done.stdout
    told = read_inventory(out)
    assert [(r.resource, r.geometry) for r in told.resources] == [("n1/shared-00", "mps-24gb")]
    state = tmp_path / "cards.sqlite"
    simulated_pool(state, "", 0, out).close()
    seen = run_program("foretide-actuator", "observe", "--state", str(state), "--inventory", str(out))
    assert seen.returncode == 0, seen.stderr
