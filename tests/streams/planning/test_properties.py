"""What must hold after any sequence of events, failures, repeats and late arrivals included."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretide.schemas.messages import AppPolicy, Decision, Mode, OutcomeStatus, RecordRef, Sizing
from foretide.schemas.slices import GEOMETRIES
from foretide.schemas.units import GIB
from foretide.streams.planning import PoolState, decision_hash, step
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from support.pools import POOL, Pool, needs

SIZING = Sizing(
    step_down_forecasts=2,
    step_down_seconds=120.0,
    cooldown_seconds=180.0,
    backoff_seconds=60.0,
    max_in_flight_per_host=2,
    max_in_flight_per_pool=3,
)
APPS = [f"app-{i}" for i in range(6)]
CARDS = [f"card-{i}" for i in range(4)]
SLICES = [p.name for p in GEOMETRIES["mig-80gb"].profiles]
STATUSES: list[OutcomeStatus] = ["applied", "unchanged", "rejected", "failed", "rolled_back", "expired"]
MODES: list[Mode] = ["auto", "auto", "auto", "advise", "initial", "off"]

app = st.sampled_from(APPS)
bounds = st.one_of(st.none(), st.sampled_from(SLICES))


@st.composite
def app_policies(draw: st.DrawFn) -> AppPolicy:
    low, high = draw(bounds), draw(bounds)
    if low and high and SLICES.index(low) > SLICES.index(high):
        low, high = high, low
    return AppPolicy(mode=draw(st.sampled_from(MODES)), min_slice=low, max_slice=high, initial_slice=draw(bounds))


def operations(*weighted: tuple[int, st.SearchStrategy[tuple]]) -> st.SearchStrategy[tuple]:  # type: ignore[type-arg]
    """One of the strategies, each as often as its weight says."""
    kinds = [strategy for weight, strategy in weighted for _ in range(weight)]
    return st.integers(0, len(kinds) - 1).flatmap(lambda i: kinds[i])


compute = st.sampled_from([0.0, 0.1, 0.14, 0.2, 0.28, 0.3, 0.42, 0.5, 0.57, 0.6, 1.0, 1.2])
memory_gib = st.sampled_from([0.0, 4.0, 9.0, 12.0, 19.0, 25.0, 38.0, 45.0, 79.0, 90.0])
used = st.sampled_from([0.0, 0.5, 0.9, 1.0])
rarely = st.integers(0, 9).map(lambda n: n == 9)
index = st.integers(0, 1000)
ops = operations(
    (14, st.tuples(st.just("forecast"), app, st.integers(0, 4), compute, memory_gib, used, rarely)),
    (3, st.tuples(st.just("allocate"), app, st.integers(0, 3))),
    (1, st.tuples(st.just("release"), app)),
    (6, st.tuples(st.just("outcome"), index, st.just("applied"), rarely, st.just(0))),
    (2, st.tuples(st.just("outcome"), index, st.sampled_from(STATUSES), rarely, st.integers(0, 4))),
    (
        1,
        st.tuples(
            st.just("inventory"), st.sampled_from(["s", "t"]), st.sets(st.sampled_from(CARDS)), st.integers(0, 9)
        ),
    ),
    (1, st.tuples(st.just("policy"), app_policies(), st.dictionaries(app, app_policies(), max_size=2))),
    (2, st.tuples(st.just("repeat"), index)),
    (1, st.tuples(st.just("restore"))),
)


class Driver:
    """Feeds drawn operations to a planner, plays the actuator, and checks what must hold."""

    def __init__(self) -> None:
        self.pool = Pool("auto", cards=3, sizing=SIZING)
        self.minute = 0
        self.pending: list[Decision] = []
        for name in APPS[:4]:
            self.check(self.pool.allocate(name))

    def run(self, op: tuple) -> None:  # type: ignore[type-arg]
        pool, kind = self.pool, op[0]
        if kind == "forecast":
            _, name, delta, compute, memory, used, learning = op
            self.minute += delta
            last = (compute * used, min(memory * used, 80.0))
            made = pool.forecast(name, self.minute, compute, memory, last=last, learning=learning)
        elif kind == "allocate":
            made = pool.allocate(op[1], priority=op[2])
        elif kind == "release":
            made = pool.release(op[1])
        elif kind == "outcome":
            if not self.pending:
                return
            made = self.settle(self.pending.pop(op[1] % len(self.pending)), op[2], lost=op[3], dry_run=op[4] == 1)
        elif kind == "inventory":
            host = {"s": "host-1", "t": "host-2"}[op[1]]
            names = [f"{host}/{c}" if c == CARDS[3] else c for c in sorted(op[2])]
            made = pool.inventory(*names, source=op[1], host=host, at_ms=op[3])
        elif kind == "policy":
            apps = {name: op[2][name] for name in sorted(op[2])}
            made = pool.policy("auto", SIZING, {**apps, "other": op[1]})
        elif kind == "repeat":
            self.repeat(pool.log[op[1] % len(pool.log)])
            return
        else:
            self.pool.state = from_bytes(POOL, to_bytes(pool.state))
            return
        self.check(made)

    def settle(self, decision: Decision, status: OutcomeStatus, *, lost: bool, dry_run: bool) -> list[Decision]:
        """A failed command leaves what was held, or now and then nothing."""
        after = None if lost and decision.action != "release" else decision.held
        return self.pool.outcome(decision, status, placement=after, dry_run=dry_run)

    def repeat(self, event: object) -> None:
        before = to_bytes(self.pool.state)
        ref = RecordRef(topic="pool-events.v1", partition=0, offset=10_000)
        self.pool.state, made = step(self.pool.state, event, ref)  # type: ignore[arg-type]
        assert made == ()
        assert to_bytes(self.pool.state) == before

    def check(self, made: list[Decision]) -> None:
        state = self.pool.state
        for d in made:
            if d.commanded:
                self.pending.append(d)
                self.check_command(d)
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
        assert (d.wanted is None) == (d.action == "release")
        if d.wanted is None:
            return
        rank = SLICES.index(d.wanted.slice)
        assert rank >= SLICES.index(policy.min_slice or SLICES[0])
        assert rank <= SLICES.index(policy.max_slice or SLICES[-1])
        application = self.pool.state.apps[d.app]
        if d.held is not None and rank < SLICES.index(d.held.slice):
            assert application.need is not None
            profile = GEOMETRIES["mig-80gb"].profiles[rank]
            assert application.need.last_memory <= GEOMETRIES["mig-80gb"].profile_bytes(profile) + 1

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
            assert all(GEOMETRIES["mig-80gb"].valid(chosen) for chosen in product(*choices))
        assert all(n <= SIZING.max_in_flight_per_host for n in hosts.values())


def drive(sequence: list[tuple]) -> Driver:  # type: ignore[type-arg]
    driver = Driver()
    for op in sequence:
        driver.run(op)
    return driver


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ops, min_size=10, max_size=80))
def test_invariants_hold_and_repeats_change_nothing(sequence: list[tuple]) -> None:  # type: ignore[type-arg]
    drive(sequence)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ops, min_size=10, max_size=60), st.integers(1, 7))
def test_a_replay_gives_the_same_bytes_however_often_it_is_interrupted(
    sequence: list[tuple],  # type: ignore[type-arg]
    every: int,
) -> None:
    live = drive([op for op in sequence if op[0] != "restore"]).pool
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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ops, min_size=20, max_size=60))
def test_every_request_is_served_once_there_is_room(sequence: list[tuple]) -> None:  # type: ignore[type-arg]
    """After any history: with room for all, nothing failing and time passing, whoever asked gets a slice."""
    driver = drive(sequence)
    pool = driver.pool
    driver.check(pool.policy("auto", SIZING))
    driver.check(pool.inventory(*(f"new-{i}" for i in range(8)), source="new", host="host-3"))
    while driver.pending:
        driver.check(driver.settle(driver.pending.pop(0), "applied", lost=False, dry_run=False))
    for _ in range(400):
        driver.run(("forecast", "clock", 1, 0.1, 1.0, 0.5, False))
        while driver.pending:
            driver.check(driver.settle(driver.pending.pop(0), "applied", lost=False, dry_run=False))
    assert not [a.name for a in pool.state.apps.values() if a.asked or a.releasing or a.waiting]


@pytest.mark.parametrize("peak", [0.05, 0.2, 0.5, 0.9])
def test_needs_builder_states_every_horizon(peak: float) -> None:
    assert {n.horizon_seconds for n in needs(peak, peak * GIB)} == {60.0, 300.0, 900.0, 3600.0}
