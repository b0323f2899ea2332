"""Pools of every kind of slice, from a pool file through the planner and the simulated cards and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from foretide.actuators.carrying import EngineSettings, Means
from foretide.actuators.drivers.simulated import Faults, SimulatedDriver, SimulatedPool
from foretide.actuators.engine import Engine
from foretide.actuators.ledger import Ledger
from foretide.deploy.pools import read_pool
from foretide.schemas.messages import AppPolicy, Decision, InventoryEvent, RecordRef
from foretide.schemas.slices import ALL_GEOMETRIES
from foretide.streams.planning import PoolState, command_of, decision_hash, step
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from support.acting import NOW_MS, Clock
from support.mixed import QUICK
from support.pools import POOL, Pool

pytestmark = pytest.mark.timeout(30)

FILE = """\
kinds:
  - name: {kind}
    resource_class: {kind}
    geometry: {geometry}
    price_per_hour: 2.0
    resize_seconds: 1
    migration_seconds: 20
resources:
  - {{kind: {kind}, host: node-1, count: 2}}
"""


@dataclass(frozen=True)
class Case:
    """Three applications that all begin on `small`. `grows`: what the first one gets when it needs `more` (compute,
    GiB), and how: on a card that is cut one way at a time only a move leads to another class."""

    kind: str
    geometry: str
    small: str
    use: tuple[float, float]
    more: tuple[float, float]
    grows: tuple[str, str]
    cards: tuple[int, int]
    """Cards in use before and after."""


CASES = [
    Case("vgpu", "vgpu-l4-24gb", "L4-6C", (0.2, 5), (0.4, 11), ("migrate", "L4-12C"), (1, 2)),
    Case("vgpu", "vgpu-l4-24gb-mixed", "L4-6C", (0.2, 5), (0.4, 11), ("migrate", "L4-12C"), (1, 2)),
    Case("vgpu", "vgpu-h100-80gb-mixed", "H100-10C", (0.1, 9), (0.2, 18), ("resize", "H100-20C"), (1, 1)),
    Case("mxgpu", "mxgpu-mi300x-192gb", "CPX", (0.1, 20), (0.2, 40), ("migrate", "QPX"), (1, 2)),
    Case("mps", "mps-24gb", "20%", (0.2, 4), (0.35, 6), ("resize", "40%"), (1, 1)),
]


class Cluster(Pool):
    """A planner, and an engine on simulated cards that carries its commands out and reports."""

    def __init__(self, folder: Path, case: Case) -> None:
        file = folder / "pool.yaml"
        file.write_text(FILE.format(kind=case.kind, geometry=case.geometry))
        told = read_pool(file)
        self.state, self.log, self.decisions = PoolState(POOL), [], []
        self.kinds = {r.resource: ALL_GEOMETRIES[r.geometry] for r in told.resources}
        self.cards = SimulatedPool(folder / "cards", list(self.kinds), self.kinds)
        clock = Clock()
        driver, ledger = SimulatedDriver(self.cards, Faults(), clock.sleep), Ledger(folder / "ledger")
        self.engine = Engine(Means(driver, ledger, EngineSettings(apply=True), clock, clock.sleep))
        self.feed(
            InventoryEvent(
                id="inventory", pool=POOL, at_ms=0, source="file", resources=list(told.resources),
                kinds=list(told.kinds),
            )
        )  # fmt: skip
        apps = {name: AppPolicy(mode="auto", initial_slice=case.small) for name in "abcd"}
        self.policy("auto", QUICK, apps)

    async def act(self, made: Sequence[Decision]) -> list[Decision]:
        """Carry the commands out, feed the outcomes, and so on until none is left; every decision that followed."""
        seen, todo = list(made), list(made)
        while todo:
            command = command_of(todo.pop(0))
            if command is None:
                continue
            issued = msgspec.structs.replace(command, issued_ms=NOW_MS, deadline_ms=NOW_MS + 10**9, epoch=1)
            outcome = (await self.engine.carry_out(issued)).outcome
            assert outcome.status == "applied", outcome.message
            more = self.feed(outcome)
            seen, todo = [*seen, *more], [*todo, *more]
            self.check()
        return seen

    def check(self) -> None:
        """What the planner believes is what there is, and every card could be cut like that."""
        there = self.cards.all_held()
        assert {name: (self.held(name),) for name in self.state.apps if self.held(name)} == there
        for card, geometry in self.kinds.items():
            held = [(p.slice, p.start) for places in there.values() for p in places if p.resource == card]
            assert geometry.valid(held), held

    def in_use(self) -> int:
        return len({p.resource for places in self.cards.all_held().values() for p in places})


@pytest.mark.parametrize("case", CASES, ids=[c.geometry for c in CASES])
async def test_a_pool_of_this_kind_plans_resizes_and_migrates_live(tmp_path: Path, case: Case) -> None:
    cluster = Cluster(tmp_path, case)
    for name in "abc":
        made = await cluster.act(cluster.allocate(name))
        assert [(d.action, d.wanted and d.wanted.slice) for d in made] == [("allocate", case.small)], made[0].reason
        assert await cluster.act(cluster.forecast(name, 1, *case.use, last=case.use)) == []
    assert cluster.in_use() == case.cards[0], "slices of one class share a card"

    if case.grows[0] == "migrate":  # make the card tight, so that a larger class finds no room beside the others
        await cluster.act(cluster.allocate("d"))
    grown = await cluster.act(cluster.forecast("a", 2, *case.more, last=case.more))
    assert [(d.action, d.wanted and d.wanted.slice) for d in grown] == [case.grows], grown[0].reason
    assert cluster.in_use() == case.cards[1]

    shrunk = await cluster.act(cluster.forecast("a", 60, *case.use, last=case.use))
    assert [d.wanted and d.wanted.slice for d in shrunk] == [case.small], [d.reason for d in shrunk]
    await cluster.act(cluster.release("b"))
    assert cluster.cards.held("b") == ()

    again, decisions = PoolState(POOL), list[Decision]()
    for offset, event in enumerate(cluster.log):
        if offset % 3 == 0:
            again = from_bytes(POOL, to_bytes(again))
        ref = RecordRef(topic="pool-events.v1", partition=0, offset=offset)
        again, made_again = step(again, event, ref)
        decisions += made_again
    assert decision_hash(decisions) == decision_hash(cluster.decisions)
    assert to_bytes(again) == to_bytes(cluster.state)
