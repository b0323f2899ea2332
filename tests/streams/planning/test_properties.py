"""What must hold after any sequence of events, failures, repeats and late arrivals included, on cards of every kind."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretide.schemas.messages import (
    AbsoluteInterval,
    AppPolicy,
    Budget,
    CardKind,
    Decision,
    Maintenance,
    Mode,
    Objective,
    OutcomeStatus,
    Placement,
    Probation,
    Provisioning,
    RecordRef,
    ResourceReport,
    Sizing,
)
from foretide.schemas.slices import ALL_GEOMETRIES
from foretide.schemas.units import GIB
from foretide.streams.planning import PoolState, decision_hash, step
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from support.pools import MINUTE, POOL, Pool, needs

SIZING = Sizing(
    step_down_forecasts=1,
    step_down_seconds=0.0,
    idle_wait_seconds=0.0,
    cooldown_seconds=60.0,
    backoff_seconds=60.0,
    max_in_flight_per_host=2,
    max_in_flight_per_pool=3,
)
PROBATION = Probation(seconds=600.0, hold_off_seconds=300.0)
APPS = [f"app-{i}" for i in range(6)]
CARDS = [f"card-{i}" for i in range(4)]
SLICES = [p.name for p in ALL_GEOMETRIES["mig-80gb"].profiles]
"""Policies are drawn with these; on other cards the class of the same place in the order stands for each."""
CUTS = ["mig-80gb", "mig-141gb", "vgpu-l4-24gb", "vgpu-h100-80gb-mixed", "mxgpu-mi300x-192gb", "mps-24gb", "whole-24gb"]
STATUSES: list[OutcomeStatus] = ["applied", "unchanged", "rejected", "failed", "rolled_back", "expired"]
MODES: list[Mode] = ["auto", "auto", "auto", "advise", "initial", "off"]

OBJECTIVE = Objective(signal="app.latency_ms", better="lower", forecasts=1)
FREEZES = [(20, 40), (60, 90)]
"""Minutes between which the pool may be frozen."""
FREEZE = Maintenance(
    changes="never_inside",
    absolute=[AbsoluteInterval(begin_ms=a * MINUTE, end_ms=b * MINUTE) for a, b in FREEZES],
    urgent_passes=True,
)
BUDGETS = [Budget(), Budget(), Budget(cards=1.0), Budget(cards=2.5), Budget(money_per_hour=4.0)]
SIZES = [
    Provisioning(),
    Provisioning(kinds=[CardKind(geometry="mig-80gb", price_per_hour=2.0)]),
    Provisioning(
        mode="auto",
        kinds=[CardKind(geometry="mig-80gb", price_per_hour=2.0)],
        budget=Budget(cards=2.0, money_per_hour=5.0),
        wait_seconds=60.0,
        empty_seconds=300.0,
        cooldown_seconds=120.0,
    ),
]

app = st.sampled_from(APPS)
bounds = st.one_of(st.none(), st.sampled_from(SLICES))


@st.composite
def app_policies(draw: st.DrawFn) -> AppPolicy:
    low, high = draw(bounds), draw(bounds)
    if low and high and SLICES.index(low) > SLICES.index(high):
        low, high = high, low
    objective = draw(st.sampled_from([None, OBJECTIVE]))
    mode, first = draw(st.sampled_from(MODES)), draw(bounds)
    return AppPolicy(mode=mode, min_slice=low, max_slice=high, initial_slice=first, objective=objective)


def operations(*weighted: tuple[int, st.SearchStrategy[tuple]]) -> st.SearchStrategy[tuple]:  # type: ignore[type-arg]
    """One of the strategies, each as often as its weight says."""
    kinds = [strategy for weight, strategy in weighted for _ in range(weight)]
    return st.integers(0, len(kinds) - 1).flatmap(lambda i: kinds[i])


compute = st.sampled_from([0.0, 0.1, 0.14, 0.2, 0.28, 0.3, 0.42, 0.5, 0.57, 0.6, 1.0, 1.2])
memory_gib = st.sampled_from([0.0, 4.0, 9.0, 12.0, 19.0, 25.0, 38.0, 45.0, 79.0, 90.0])
used = st.sampled_from([0.0, 0.5, 0.9, 1.0])
rarely = st.integers(0, 9).map(lambda n: n == 9)
index = st.integers(0, 1000)
latency = st.sampled_from([10.0, 11.0, 30.0])
price = st.sampled_from([None, 1.0, 2.0])
ops = operations(
    (20, st.tuples(st.just("forecast"), app, st.integers(-3, 5), compute, memory_gib, used, rarely, latency)),
    (2, st.tuples(st.just("oom"), app, st.integers(-3, 0), st.none() | memory_gib)),
    (1, st.tuples(st.just("pause"), st.none() | app)),
    (3, st.tuples(st.just("resume"), st.none() | app)),
    (3, st.tuples(st.just("allocate"), app, st.integers(0, 3))),
    (1, st.tuples(st.just("release"), app)),
    (9, st.tuples(st.just("outcome"), index, st.just("applied"), rarely, st.just(0))),
    (2, st.tuples(st.just("outcome"), index, st.sampled_from(STATUSES), rarely, st.integers(0, 4))),
    (
        1,
        st.tuples(
            st.just("inventory"),
            st.sampled_from(["s", "t"]),
            st.sets(st.sampled_from(CARDS)),
            st.integers(0, 9),
            price,
        ),
    ),
    (
        2,
        st.tuples(
            st.just("policy"),
            app_policies(),
            st.dictionaries(app, app_policies(), max_size=2),
            st.sampled_from(BUDGETS),
            st.sampled_from([[], [FREEZE]]),
            st.sampled_from(SIZES),
        ),
    ),
    (2, st.tuples(st.just("repeat"), index)),
    (1, st.tuples(st.just("restore"))),
)


class Driver:
    """Feeds drawn operations to a planner, plays the actuator, and checks what must hold."""

    def __init__(self, cut: str = "mig-80gb") -> None:
        self.geometry = ALL_GEOMETRIES[cut]
        self.slices = [p.name for p in self.geometry.profiles]
        self.gib = self.geometry.memory_bytes / GIB / 80
        """Memory is drawn for a card of 80 GiB."""
        self.pool = Pool("auto", cards=3, sizing=SIZING, geometry=cut)
        self.minute = 0
        self.pending: list[Decision] = []
        self.resizing: list[Decision] = []
        """Commands about the pool's own size without an outcome."""
        self.added: dict[str, ResourceReport] = {}
        self.paused: set[str | None] = set()
        for name in APPS[:4]:
            self.check(self.pool.allocate(name))
            if name != APPS[3]:
                self.check(self.settle(self.pending.pop(), "applied", lost=False, dry_run=False))

    def run(self, op: tuple) -> None:  # type: ignore[type-arg]
        pool, kind = self.pool, op[0]
        if kind == "forecast":
            _, name, delta, compute, memory, used, learning, latency = op
            memory *= self.gib
            self.minute += max(delta, 0)
            last = (compute * used, min(memory * used, 80.0 * self.gib))
            told = {"app.latency_ms": latency}
            at = max(self.minute + min(delta, 0), 0)
            made = pool.forecast(name, at, compute, memory, last=last, learning=learning, published=told)
        elif kind == "oom":
            made = pool.oom(op[1], max(self.minute + op[2], 0), None if op[3] is None else op[3] * self.gib)
        elif kind == "pause":
            self.paused.add(op[1])
            made = pool.pause(op[1])
        elif kind == "resume":
            self.paused.discard(op[1])
            made = pool.resume(op[1])
        elif kind == "allocate":
            made = pool.allocate(op[1], priority=op[2])
        elif kind == "release":
            made = pool.release(op[1])
        elif kind == "outcome":
            if self.resizing and op[1] % 3 == 0:
                made = self.settle_size(self.resizing.pop(), op[2], dry_run=op[4] == 1)
            elif not self.pending:
                return
            else:
                made = self.settle(self.pending.pop(op[1] % len(self.pending)), op[2], lost=op[3], dry_run=op[4] == 1)
        elif kind == "inventory":
            host = {"s": "host-1", "t": "host-2"}[op[1]]
            names = [f"{host}/{c}" if c == CARDS[3] else c for c in sorted(op[2])]
            made = pool.inventory(*names, source=op[1], host=host, at_ms=op[3], price=op[4])
        elif kind == "policy":
            apps = {name: self.named(op[2][name]) for name in sorted(op[2])}
            size = msgspec.structs.replace(
                op[5], kinds=[msgspec.structs.replace(k, geometry=self.geometry.name) for k in op[5].kinds]
            )
            rules = {"budget": op[3], "maintenance": op[4], "provisioning": size}
            made = pool.policy("auto", SIZING, {**apps, "other": self.named(op[1])}, probation=PROBATION, **rules)
        elif kind == "repeat":
            self.repeat(pool.log[op[1] % len(pool.log)])
            return
        else:
            self.pool.state = from_bytes(POOL, to_bytes(pool.state))
            return
        self.check(made)

    def named(self, policy: AppPolicy) -> AppPolicy:
        """The policy in the names of these cards' slices."""

        def of(name: str | None) -> str | None:
            return None if name is None else self.slices[round(SLICES.index(name) * (len(self.slices) - 1) / 5)]

        return msgspec.structs.replace(
            policy, min_slice=of(policy.min_slice), max_slice=of(policy.max_slice),
            initial_slice=of(policy.initial_slice),
        )  # fmt: skip

    def settle(self, decision: Decision, status: OutcomeStatus, *, lost: bool, dry_run: bool) -> list[Decision]:
        """A failed command leaves what was held, or now and then nothing."""
        after = None if lost and decision.action != "release" else decision.held
        return self.pool.outcome(decision, status, placement=after, dry_run=dry_run)

    def settle_size(self, decision: Decision, status: OutcomeStatus, *, dry_run: bool) -> list[Decision]:
        """Cards come and go with the inventory, which is told before the outcome."""
        wish = decision.provision
        assert wish is not None
        if status == "applied" and not dry_run:
            for name in wish.resources:
                del self.added[name]
            for n in range(0 if wish.resources else wish.count):
                name = f"new/{decision.id}/{n}"
                self.added[name] = ResourceReport(
                    resource=name, geometry=wish.geometry, host="dc", price_per_hour=wish.price_per_hour,
                    provisioned=True,
                )  # fmt: skip
            self.check(
                self.pool.inventory(
                    *self.added, source="dc", host="dc", price=wish.price_per_hour, provisioned=True,
                    at_ms=len(self.pool.log),
                )
            )  # fmt: skip
        return self.pool.outcome(decision, status, dry_run=dry_run)

    def repeat(self, event: object) -> None:
        before = to_bytes(self.pool.state)
        ref = RecordRef(topic="pool-events.v1", partition=0, offset=10_000)
        self.pool.state, made = step(self.pool.state, event, ref)  # type: ignore[arg-type]
        assert made == ()
        assert to_bytes(self.pool.state) == before

    def check(self, made: list[Decision]) -> None:
        state = self.pool.state
        for d in made:
            if d.commanded and d.provision is not None:
                self.resizing.append(d)
                self.check_size(d)
            elif d.commanded:
                self.pending.append(d)
                self.check_command(d)
        self.check_budget(made)
        assert len(self.resizing) <= 1
        flying = sorted(a.flight.command_id for a in state.apps.values() if a.flight)
        assert flying == sorted(d.id for d in self.pending), "one command in flight per application, none forgotten"
        assert state.in_flight == len(flying)
        assert sum(d.action != "release" for d in self.pending) <= SIZING.max_in_flight_per_pool
        self.check_room(state)
        assert state.queue == sorted((*a.waiting, a.name) for a in state.apps.values() if a.waiting)

    def check_command(self, d: Decision) -> None:
        policy = self.pool.state.policy.of(d.app)
        assert d.mode == policy.mode
        assert d.mode == "auto" or (d.mode == "initial" and d.action in ("allocate", "release"))
        assert (d.held is None) == (d.action == "allocate")
        assert d.action == "release" or not self.paused & {None, d.app}
        if d.action in ("resize", "migrate") and d.guard != "probation" and self.pool.state.policy.maintenance:
            now = self.pool.state.clock_ms / MINUTE
            frozen = any(a <= now < b for a, b in FREEZES)
            assert not frozen or "full at the present use" in d.reason or "ran out of memory" in d.reason
        assert (d.wanted is None) == (d.action == "release")
        if d.wanted is None:
            return
        rank = self.slices.index(d.wanted.slice)
        assert rank >= self.slices.index(policy.min_slice or self.slices[0])
        assert rank <= self.slices.index(policy.max_slice or self.slices[-1])
        application = self.pool.state.apps[d.app]
        if d.held is not None and rank < self.slices.index(d.held.slice):
            assert application.need is not None
            profile = self.geometry.profiles[rank]
            # A need is kept in 32-bit numbers, and a hair above a slice still fits it.
            assert (
                application.need.last_memory <= self.geometry.profile_bytes(profile) + 2e-6 * self.geometry.memory_bytes
            )

    def check_size(self, d: Decision) -> None:
        assert d.provision is not None
        assert None not in self.paused
        rules = self.pool.state.policy.provisioning
        assert rules.mode == "auto"
        if d.action == "provision":
            assert len(self.added) + d.provision.count <= (rules.budget.cards or 0)
            assert (len(self.added) + d.provision.count) * 2.0 <= (rules.budget.money_per_hour or 0)
        else:
            assert set(d.provision.resources) <= set(self.added)
            assert not [a for a in self.pool.state.apps.values() if a.held and a.held.card in d.provision.resources]

    def check_budget(self, made: list[Decision]) -> None:
        """Reckoned anew: what all may come to hold, and whether a command that adds to it keeps to the budget."""
        state, limit = self.pool.state, self.pool.state.policy.budget
        cards = money = 0.0
        unknown = False
        for a in state.apps.values():
            spots = [p for p in (state.placement(a.held), state.placement(a.flight.target) if a.flight else None) if p]
            cards += max((self.cost(p) for p in spots), default=0.0)
            prices = [state.cards[p.resource].price for p in spots]
            unknown = unknown or None in prices
            money += max((self.cost(p) * (c or 0) for p, c in zip(spots, prices, strict=True)), default=0.0)
        assert abs(state.spending.cards / 1e6 - cards) < 1e-4
        assert (state.spending.unpriced > 0) == unknown
        adding = [d for d in made if d.commanded and d.wanted and self.cost(d.wanted) > self.cost(d.held) + 1e-9]
        if adding and limit.cards is not None:
            assert cards <= limit.cards + 1e-4
        if adding and limit.money_per_hour is not None:
            assert not unknown
            assert money <= limit.money_per_hour + 1e-4

    def cost(self, placement: Placement | None) -> float:
        """Share of a card."""
        return 0.0 if placement is None else self.geometry.cost(self.geometry.profile(placement.slice))

    def check_room(self, state: PoolState) -> None:
        """Whichever commands in flight come true, no two instances overlap, and no host has too many in flight."""
        places: dict[str, list[list[tuple[str, int]]]] = defaultdict(list)
        hosts: dict[str, int] = defaultdict(int)
        for a in state.apps.values():
            held, target = state.placement(a.held), state.placement(a.flight.target) if a.flight else None
            if a.flight and a.flight.action != "release":
                for host in a.flight.hosts:
                    hosts[host] += 1
            for card in {p.resource for p in (held, target) if p}:
                options = [(p.slice, p.start) for p in (held, target) if p and p.resource == card]
                places[card].append(options)
        for choices in places.values():
            assert all(self.geometry.valid(chosen) for chosen in product(*choices))
        assert all(n <= SIZING.max_in_flight_per_host for n in hosts.values())


def drive(sequence: list[tuple], cut: str = "mig-80gb") -> Driver:  # type: ignore[type-arg]
    driver = Driver(cut)
    for op in sequence:
        driver.run(op)
    return driver


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ops, min_size=10, max_size=80), st.sampled_from(CUTS))
def test_invariants_hold_and_repeats_change_nothing(sequence: list[tuple], cut: str) -> None:  # type: ignore[type-arg]
    drive(sequence, cut)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ops, min_size=10, max_size=60), st.integers(1, 7), st.sampled_from(CUTS))
def test_a_replay_gives_the_same_bytes_however_often_it_is_interrupted(
    sequence: list[tuple],  # type: ignore[type-arg]
    every: int,
    cut: str,
) -> None:
    live = drive([op for op in sequence if op[0] != "restore"], cut).pool
    for interval in (None, every):
        state, decisions = PoolState(POOL), list[Decision]()
        for offset, event in enumerate(live.log):
            if interval and offset % interval == 0:
                state = from_bytes(POOL, to_bytes(state))
            state, made = step(state, event, RecordRef(topic="pool-events.v1", partition=0, offset=offset))
            decisions += made
        assert msgspec.json.encode(decisions) == msgspec.json.encode(live.decisions)
        assert decision_hash(decisions) == decision_hash(live.decisions)
        assert to_bytes(state) == to_bytes(live.state)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ops, min_size=20, max_size=60), st.sampled_from(CUTS))
def test_every_request_is_served_once_there_is_room(sequence: list[tuple], cut: str) -> None:  # type: ignore[type-arg]
    """After any history: with room for all, nothing failing and time passing, whoever asked gets a slice."""
    driver = drive(sequence, cut)
    pool = driver.pool
    driver.check(pool.policy("auto", SIZING))
    for paused in sorted(driver.paused, key=str):
        driver.run(("resume", paused))
    driver.check(pool.inventory(*(f"new-{i}" for i in range(8)), source="new", host="host-3"))
    while driver.pending:
        driver.check(driver.settle(driver.pending.pop(0), "applied", lost=False, dry_run=False))
    for _ in range(400):
        driver.run(("forecast", "clock", 1, 0.1, 1.0, 0.5, False, 10.0))
        while driver.pending:
            driver.check(driver.settle(driver.pending.pop(0), "applied", lost=False, dry_run=False))
    assert not [a.name for a in pool.state.apps.values() if a.asked or a.releasing or a.waiting]


@pytest.mark.parametrize("peak", [0.05, 0.2, 0.5, 0.9])
def test_needs_builder_states_every_horizon(peak: float) -> None:
    assert {n.horizon_seconds for n in needs(peak, peak * GIB)} == {60.0, 300.0, 900.0, 3600.0}
