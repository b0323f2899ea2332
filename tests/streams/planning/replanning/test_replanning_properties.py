"""What must hold of every look at the whole pool, whatever the pool is like."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretide.schemas.messages import AppPolicy, Decision, Probation, RecordRef, Replanning
from foretide.schemas.slices import ALL_GEOMETRIES
from foretide.streams.planning import PoolState, decision_hash, step
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from support.mixed import MixedPool
from support.pools import POOL

APPS = [f"app-{i}" for i in range(8)]
FIRST = ["1g.10gb", "2g.20gb", "3g.40gb", "7g.80gb"]
SIZES = [(0.05, 4.0), (0.12, 9.0), (0.25, 18.0), (0.38, 22.0), (0.5, 38.0), (0.9, 70.0)]

ops = st.one_of(
    st.tuples(st.just("forecast"), st.sampled_from(APPS), st.sampled_from(SIZES), st.integers(0, 6)),
    st.tuples(st.just("forecast"), st.sampled_from(APPS), st.sampled_from(SIZES), st.integers(0, 6)),
    st.tuples(st.just("settle"), st.integers(0, 9), st.sampled_from(["applied", "applied", "applied", "failed"])),
    st.tuples(st.just("stock"), st.integers(2, 4), st.integers(0, 4)),
    st.tuples(st.just("release"), st.sampled_from(APPS)),
    st.tuples(st.just("allocate"), st.sampled_from(APPS)),
)
plans = st.builds(
    Replanning,
    enabled=st.just(True),
    every_seconds=st.sampled_from([60.0, 300.0]),
    most_moves=st.integers(1, 4),
    steps=st.just(20),
    least_saving=st.sampled_from([0.0, 0.3]),
    migration_cost=st.sampled_from([0.0, 0.05, 0.4]),
)


class Driver:
    """Feeds drawn operations to a planner, plays the actuator, and checks every look."""

    def __init__(self, replanning: Replanning, firsts: list[str]) -> None:
        apps = {name: AppPolicy(mode="auto", initial_slice=f) for name, f in zip(APPS, firsts, strict=True)}
        rules = {"probation": Probation(seconds=0.0), "apps": apps}
        self.pool = MixedPool(large=3, small=2, replanning=replanning, rules=rules)
        self.most = replanning.most_moves
        self.least = replanning.least_saving
        self.minute = 0
        self.flying: list[Decision] = []
        self.looks = 0
        for name in APPS[:6]:
            self.check(self.pool.allocate(name))
            while self.flying:
                self.check(self.pool.outcome(self.flying.pop(0)))

    def run(self, op: tuple) -> None:  # type: ignore[type-arg]
        pool = self.pool
        if op[0] == "forecast":
            self.minute += op[3]
            self.check(pool.forecast(op[1], self.minute, *op[2]))
        elif op[0] == "settle":
            if self.flying:
                d = self.flying.pop(op[1] % len(self.flying))
                self.check(pool.outcome(d, op[2], placement=d.held))
        elif op[0] == "stock":
            pool.stock(op[1], op[2])
            self.check([])
        elif op[0] == "release":
            self.check(pool.release(op[1]))
        else:
            self.check(pool.allocate(op[1]))

    def check(self, made: list[Decision]) -> None:
        self.flying += [d for d in made if d.commanded]
        moves = [d for d in made if d.commanded and d.reason.startswith("replanned")]
        assert len(moves) <= self.most
        self.check_room()
        if moves:
            self.looks += 1
            self.check_cost(moves)

    def check_cost(self, moves: list[Decision]) -> None:
        """With all of a look's moves made, and nothing else, the cards in use cost less than before by what they must
        save and the moves together."""
        before = {a.name: a.held.card for a in self.pool.state.apps.values() if a.held}
        after = {**before, **{d.app: d.wanted.resource for d in moves if d.wanted}}
        price = {c.name: c.price or 0.0 for c in self.pool.state.cards}
        paid = self.pool.state.policy.replanning.migration_cost * len(moves)
        saved = sum(price[c] for c in set(before.values())) - sum(price[c] for c in set(after.values()))
        assert saved >= paid + self.least - 1e-6
        assert saved > 0

    def check_room(self) -> None:
        """Whichever commands in flight come true, no card holds what it cannot."""
        state = self.pool.state
        places: dict[str, list[list[tuple[str, int]]]] = defaultdict(list)
        for a in state.apps.values():
            spots = [p for p in (state.placement(a.held), state.placement(a.flight.target) if a.flight else None) if p]
            for card in {p.resource for p in spots}:
                places[card].append([(p.slice, p.start) for p in spots if p.resource == card])
        for card, choices in places.items():
            geometry = ALL_GEOMETRIES[state.cards[card].layout.geometry.name]
            assert all(geometry.valid(chosen) for chosen in product(*choices))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans, st.lists(st.sampled_from(FIRST), min_size=8, max_size=8), st.lists(ops, min_size=15, max_size=50),
       st.integers(0, 60))  # fmt: skip
def test_looks_save_what_they_must_and_a_replay_is_exact(
    replanning: Replanning,
    firsts: list[str],
    sequence: list[tuple],  # type: ignore[type-arg]
    cut: int,
) -> None:
    driver = Driver(replanning, firsts)
    for op in sequence:
        driver.run(op)
    pool, state = driver.pool, PoolState(POOL)
    made: list[Decision] = []
    for offset, event in enumerate(pool.log):
        if offset == cut:
            state = from_bytes(POOL, to_bytes(state))
        state, decisions = step(state, event, RecordRef(topic="pool-events.v1", partition=0, offset=offset))
        made += decisions
        again = to_bytes(state)
        state, repeated = step(state, event, RecordRef(topic="pool-events.v1", partition=0, offset=10_000))
        assert repeated == ()
        assert to_bytes(state) == again
    assert decision_hash(made) == decision_hash(pool.decisions)
    assert to_bytes(state) == to_bytes(pool.state)


def test_the_driver_sees_looks_that_move() -> None:
    """The properties above are not empty: a plain sequence leads to moves."""
    driver = Driver(Replanning(enabled=True, every_seconds=300.0, steps=20), ["7g.80gb"] * 3 + ["2g.20gb"] * 5)
    for n in range(40):
        driver.run(("forecast", APPS[n % 6], SIZES[2], 2))
        driver.run(("settle", 0, "applied"))
    assert driver.looks >= 1
