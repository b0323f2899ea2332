"""What kinds of cards tell of throughput and interference, in live decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretide.schemas.messages import (
    AppPolicy,
    Decision,
    Interference,
    InventoryEvent,
    Performance,
    RecordRef,
    Replanning,
    ResourceKind,
    ResourceReport,
    Throughput,
)
from foretide.streams.planning import PoolState, decision_hash, outlook, step
from foretide.streams.planning.snapshot import from_bytes, to_bytes
from support.mixed import QUICK
from support.pools import POOL, Pool


def speeds(**whole: float) -> list[Throughput]:
    return [Throughput(workload=w, per_second=v) for w, v in whole.items()]


A100 = ResourceKind(
    name="a100", resource_class="mig", geometry="mig-80gb", price_per_hour=4.0,
    throughput=[*speeds(llm=700.0), Throughput(workload="llm", per_second=90.0, slice="1g.10gb")],
)  # fmt: skip
L4 = ResourceKind(
    name="l4", resource_class="mps", geometry="mps-24gb", price_per_hour=0.8, throughput=speeds(llm=200.0),
    interference=[Interference(workload="llm", beside="llm", loss=0.1)],
)  # fmt: skip
T4 = ResourceKind(name="t4", resource_class="gpu", geometry="whole-16gb", price_per_hour=0.35)


class TellingPool(Pool):
    """Cards of these kinds, KIND-0 and so on; every application named in `needs` must do so much llm a second."""

    def __init__(
        self, counts: Mapping[str, int], kinds: tuple[ResourceKind, ...] = (A100, L4, T4), **rules: Any
    ) -> None:
        self.state, self.log, self.decisions = PoolState(POOL), [], []
        reports = [
            ResourceReport(resource=f"{k.name}-{n}", geometry=k.geometry, host=k.name, kind=k.name)
            for k in kinds
            for n in range(counts.get(k.name, 0))
        ]
        self.feed(InventoryEvent(id="stock", pool=POOL, at_ms=0, source="s", resources=reports, kinds=list(kinds)))
        self.rules = rules

    def require(
        self, needs: Mapping[str, float | None], initial: str | None = "1g.10gb", **more: Any
    ) -> list[Decision]:
        apps = {
            name: AppPolicy(
                mode="auto", initial_slice=initial,
                performance=None if least is None else Performance(workload="llm", per_second=least), **more,
            )
            for name, least in needs.items()
        }  # fmt: skip
        return self.policy("auto", QUICK, apps, **self.rules)


def at(d: Decision) -> tuple[str, str] | None:
    return None if d.wanted is None else (d.wanted.resource, d.wanted.slice)


def test_a_first_slice_goes_to_the_cheapest_that_is_fast_enough_and_says_so() -> None:
    pool = TellingPool({"a100": 1, "l4": 1, "t4": 1})
    pool.require({"a": 100.0, "b": 300.0, "c": None})
    first = pool.place("a")
    assert at(first) == ("l4-0", "50%"), "t4 is cheaper, but its kind does not tell"
    assert "50% of l4 does 100 llm a second, 100 are required (whole-16gb does not tell)" in first.reason
    slow = {a.slice: a.verdict for a in first.considered}
    assert slow["40%"] == "too slow: 40% of l4 does 80 llm a second, 100 are required"
    second = pool.place("b")
    assert at(second) == ("a100-0", "3g.40gb")
    assert "3g.40gb of a100 does 300 llm a second, 300 are required" in second.reason
    assert "l4 does at most 200" in second.reason
    assert at(pool.place("c")) == ("t4-0", "whole"), "nothing is required of it"


def test_what_was_measured_of_a_slice_counts_before_its_share() -> None:
    pool = TellingPool({"a100": 1})
    pool.require({"a": 95.0})
    assert at(pool.place("a")) == ("a100-0", "1g.20gb"), "1g.10gb was measured at 90, a seventh of 700 would do"


def test_a_step_down_ends_where_the_requirement_does() -> None:
    pool = TellingPool({"a100": 1})
    pool.require({"a": 300.0}, initial="7g.80gb")
    pool.place("a")
    (d,) = pool.forecast("a", 1, 0.05, 4)
    assert at(d) == ("a100-0", "3g.40gb")
    assert {a.slice: a.verdict for a in d.considered}["2g.20gb"].startswith("too slow: 2g.20gb of a100 does 200 llm")
    pool.outcome(d)
    assert pool.forecast("a", 2, 0.05, 4) == []
    (seen,) = outlook(pool.state).apps
    assert "3g.40gb is the smallest slice allowed: 2g.20gb of a100 does 200 llm a second, 300 are required" in seen.why


def test_a_requirement_that_rises_leads_up_and_then_to_another_kind() -> None:
    pool = TellingPool({"l4": 1, "a100": 1})
    pool.require({"a": 60.0}, initial="30%")
    assert at(pool.place("a")) == ("l4-0", "30%")
    pool.forecast("a", 1, 0.1, 4)
    (up,) = pool.require({"a": 150.0}, initial="30%")
    assert (up.action, at(up)) == ("resize", ("l4-0", "80%"))
    assert "30% of l4 does 60 llm a second, 150 are required; 80% is the smallest slice allowed" in up.reason
    pool.outcome(up)
    (on,) = pool.require({"a": 250.0}, initial="30%")
    assert (on.action, at(on)) == ("migrate", ("a100-0", "3g.40gb"))
    assert "and no slice of l4-0 within its bounds does them" in on.reason


def test_neighbours_that_would_slow_each_other_too_much_are_kept_apart() -> None:
    pool = TellingPool({"l4": 2})
    pool.require({"a": 58.0, "b": 58.0}, initial="30%")
    assert at(pool.place("a")) == ("l4-0", "30%")
    assert at(pool.place("b")) == ("l4-1", "30%"), "beside each other each would do 54"

    pool = TellingPool({"l4": 1})
    pool.require({"a": 50.0, "b": 58.0}, initial="30%")
    pool.place("a")
    beside = pool.place("b")
    assert at(beside) == ("l4-0", "40%"), "a larger class bears the neighbour"
    assert "40% of l4 does 72 llm a second beside its neighbours, which take 10.0% of it" in beside.reason


def test_who_is_required_nothing_slows_others_as_well() -> None:
    pool = TellingPool({"l4": 2})
    pool.require({"a": 58.0, "b": 0.0, "c": None}, initial="30%")
    pool.place("a")
    assert at(pool.place("b")) == ("l4-1", "30%")
    assert at(pool.place("c")) == ("l4-0", "30%"), "nothing is known of its workload, so it takes nothing"


def test_where_no_kind_is_fast_enough_it_waits_and_says_why() -> None:
    pool = TellingPool({"l4": 1})
    pool.require({"a": 250.0})
    (d,) = pool.allocate("a")
    assert (d.action, d.guard) == ("hold", "capacity")
    assert "that does the 250 llm a second that are required (100% of l4 does 200 llm a second)" in d.reason


def test_a_requirement_binds_nothing_where_no_kind_tells() -> None:
    pool = TellingPool({"t4": 1})
    pool.require({"a": 250.0})
    assert at(pool.place("a")) == ("t4-0", "whole")


def test_kinds_that_are_cut_alike_are_told_apart_by_their_speed() -> None:
    slow = msgspec.structs.replace(A100, name="old", price_per_hour=2.0, throughput=speeds(llm=350.0))
    pool = TellingPool({"old": 1, "a100": 1}, (slow, A100))
    pool.require({"a": 200.0, "b": 340.0, "c": 400.0}, initial="2g.20gb", max_slice="4g.40gb")
    assert at(pool.place("a")) == ("a100-0", "2g.20gb"), "on the old one it takes 4g.40gb, which costs as much"
    (d,) = pool.allocate("b")
    assert at(d) == ("a100-0", "4g.40gb"), "the old one does no more than 200 within the bounds"


def test_replanning_brings_nobody_together_who_would_be_too_slow() -> None:
    rules: dict[str, Any] = {"replanning": Replanning(enabled=True, every_seconds=900.0, migration_cost=0.01)}
    for least, cards in ((50.0, 1), (58.0, 2)):
        pool = TellingPool({"l4": 2}, **rules)
        pool.require({"a": least, "b": least}, initial="100%", max_slice="100%")
        pool.place("a")
        pool.place("b")
        for minute in (1, 30, 60):
            for name in "ab":
                for d in pool.forecast(name, minute, 0.1, 4):
                    pool.outcome(d)
        held = [pool.held(name) for name in "ab"]
        assert {p.slice for p in held if p} == {"30%"}
        assert len({p.resource for p in held if p}) == cards


def test_a_snapshot_keeps_requirements_and_what_kinds_tell() -> None:
    pool = TellingPool({"a100": 1, "l4": 2})
    pool.require({"a": 100.0, "b": 58.0})
    pool.place("a")
    again = from_bytes(POOL, to_bytes(pool.state))
    assert to_bytes(again) == to_bytes(pool.state)
    assert (again.speeds, again.losses) == (pool.state.speeds, pool.state.losses)
    assert again.policy.of("a").performance == Performance(workload="llm", per_second=100.0)
    assert again.cards["l4-0"].layout is pool.state.cards["l4-0"].layout


def test_kinds_that_begin_to_tell_while_their_cards_are_in_use_count_at_once() -> None:
    quiet = msgspec.structs.replace(A100, throughput=[])
    pool = TellingPool({"a100": 1}, (quiet,))
    pool.require({"a": 300.0})
    assert at(pool.place("a")) == ("a100-0", "1g.10gb")
    told = pool.log[0]
    assert isinstance(told, InventoryEvent)
    pool.feed(msgspec.structs.replace(told, id="again", at_ms=1, kinds=[A100]))
    (d,) = pool.forecast("a", 1, 0.05, 4)
    assert at(d) == ("a100-0", "3g.40gb")


APPS = [f"app-{i}" for i in range(5)]
ops = st.one_of(
    st.tuples(st.just("forecast"), st.sampled_from(APPS), st.sampled_from([0.05, 0.2, 0.4, 0.9]), st.integers(0, 6)),
    st.tuples(st.just("settle"), st.integers(0, 9), st.sampled_from(["applied", "applied", "applied", "failed"])),
    st.tuples(st.just("allocate"), st.sampled_from(APPS)),
    st.tuples(st.just("release"), st.sampled_from(APPS)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([None, 0.0, 40.0, 58.0, 95.0, 150.0, 300.0]), min_size=5, max_size=5),
       st.lists(ops, min_size=10, max_size=50), st.booleans())  # fmt: skip
def test_no_command_makes_anyone_too_slow_and_a_replay_is_exact(
    needs: list[float | None],
    sequence: list[tuple],  # type: ignore[type-arg]
    replanned: bool,
) -> None:
    rules: dict[str, Any] = {
        "replanning": Replanning(enabled=replanned, every_seconds=300.0, steps=10, migration_cost=0.0)
    }
    pool = TellingPool({"a100": 1, "l4": 2, "t4": 1}, **rules)
    required = dict(zip(APPS, needs, strict=True))
    pool.require(required)
    flying: list[Decision] = []
    minute = 0
    for op in sequence:
        if op[0] == "forecast":
            minute += op[3]
            made = pool.forecast(op[1], minute, op[2], op[2] * 20)
        elif op[0] == "settle":
            if not flying:
                continue
            d = flying.pop(op[1] % len(flying))
            made = pool.outcome(d, op[2], placement=d.held)
        elif op[0] == "allocate":
            made = pool.allocate(op[1])
        else:
            made = pool.release(op[1])
        flying += [d for d in made if d.commanded]
        check(pool, required)
    state, decisions = PoolState(POOL), list[Decision]()
    for offset, event in enumerate(pool.log):
        if offset % 5 == 0:
            state = from_bytes(POOL, to_bytes(state))
        state, again = step(state, event, RecordRef(topic="pool-events.v1", partition=0, offset=offset))
        decisions += again
    assert decision_hash(decisions) == decision_hash(pool.decisions)
    assert to_bytes(state) == to_bytes(pool.state)


def check(pool: TellingPool, required: Mapping[str, float | None]) -> None:
    """Reckoned anew: whoever is on a card or on the way to it, each does what it must beside all of the others."""
    there: dict[str, set[tuple[str, str]]] = {}
    for name in pool.state.apps:
        a = pool.state.apps[name]
        for spot in (a.held, a.flight.target if a.flight else None):
            place = pool.state.placement(spot)
            if place is not None:
                there.setdefault(place.resource, set()).add((name, place.slice))
    for card, slices in there.items():
        assert card != "t4-0" or all(not required[name] for name, _ in slices), "it does not tell"
        for name, cut in slices:
            least = required[name] or 0.0
            beside = {other for other, _ in slices if other != name and required[other] is not None}
            if card.startswith("l4"):
                assert 2.0 * float(cut.rstrip("%")) * (1 - 0.1 * len(beside)) >= least - 1e-6
            elif card.startswith("a100"):
                assert (90.0 if cut == "1g.10gb" else 100.0 * int(cut[0])) >= least - 1e-6
