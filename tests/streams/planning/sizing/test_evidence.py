"""What was reached lately, and what it says of a smaller class."""

from __future__ import annotations

import random

import pytest

from foretide.streams.planning.layout import LAYOUTS
from foretide.streams.planning.sizing.evidence import MOST_STAIRS, Evidence, climb, reached
from foretide.streams.planning.sizing.risk import chance_of_excess, cheapest, excesses_per_hour, expected_cost

MIG = LAYOUTS["mig-80gb"]


def evidence(values: list[float], step_ms: int = 60_000) -> Evidence:
    stairs: list[tuple[int, float]] = []
    for i, value in enumerate(values):
        climb(stairs, i * step_ms, value)
    last = (len(values) - 1) * step_ms
    return Evidence(tuple(reached(stairs, last)), last / 1000)


@pytest.mark.parametrize("seed", range(5))
def test_the_stairs_tell_for_every_level_and_window_what_the_samples_do(seed: int) -> None:
    rng = random.Random(seed)
    values = [rng.randrange(10) / 10 for _ in range(200)]
    found = evidence(values)
    for level in (0.05, 0.35, 0.75, 0.95):
        above = [i for i, v in enumerate(values) if v > level]
        expected = 60.0 * (len(values) - 1 - above[-1]) if above else found.watched_seconds
        assert found.quiet_seconds(level) == expected
    for samples in (1, 10, 100):
        assert found.highest(60.0 * (samples - 1)) == max(values[-samples:])


def test_too_many_stairs_become_fewer_and_never_look_quieter() -> None:
    values = [1.0 - i / 200 for i in range(100)]
    found = evidence(values)
    assert len(found.stairs) == MOST_STAIRS
    assert found.highest(1e9) == 1.0
    for level in (0.55, 0.7, 0.9):
        exact = 60.0 * (99 - max(i for i, v in enumerate(values) if v > level))
        assert found.quiet_seconds(level) <= exact


def test_the_chance_falls_with_quiet_and_with_the_level_and_is_none_for_a_whole_card() -> None:
    assert chance_of_excess(0.3, 600, 0.5) > chance_of_excess(0.3, 6000, 0.5) > chance_of_excess(0.3, 60_000, 0.5)
    assert chance_of_excess(0.3, 600, 0.5) > chance_of_excess(0.5, 600, 0.5)
    assert chance_of_excess(0.3, 600, 0.9) > chance_of_excess(0.3, 600, 0.1)
    assert chance_of_excess(1.0, 0, 1.0) == 0.0


def test_the_longer_it_is_quiet_the_smaller_the_cheapest_class() -> None:
    ranks = [cheapest(MIG, 0, evidence([0.9] + [0.0] * minutes), 0.85) for minutes in (1, 60, 240, 1200)]
    assert ranks[0] == MIG.last
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[-1] == 0


def test_without_evidence_or_price_there_is_no_risk_to_pay_for() -> None:
    busy = evidence([0.9, 0.0])
    assert cheapest(MIG, 2, Evidence(), 0.85) == cheapest(MIG, 2, busy, 0.0) == 2
    assert expected_cost(MIG, 0, Evidence(), 0.85) == MIG.cost[0]
    assert expected_cost(MIG, 0, busy, 0.85) == MIG.cost[0] + 0.85 * excesses_per_hour(MIG.compute[0], busy)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_the_cheapest_class_is_the_first_of_least_cost_among_all(name: str) -> None:
    layout, draw = LAYOUTS[name], random.Random(name)
    for _ in range(50):
        found = evidence([draw.random() ** 3 for _ in range(draw.randrange(1, 300))])
        price, least = draw.choice([0.05, 0.85, 5.0]), draw.randrange(layout.last + 1)
        costs = [expected_cost(layout, i, found, price) for i in range(least, layout.last + 1)]
        assert cheapest(layout, least, found, price) == least + costs.index(min(costs))
