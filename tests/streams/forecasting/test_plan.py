"""Targets as arrays: what lies between the network's steps, and between the times a day ago."""

from __future__ import annotations

import pytest

from foretide.streams.fleet.features import AHEAD
from foretide.streams.fleet.network import KINDS
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.targets import Target


def test_kinds_are_the_networks_own_numbers() -> None:
    plan = Plan.of([Target("peak", 5), Target("mean", 1), Target("point", 15)])
    assert [KINDS[kind] for kind in plan.kinds] == ["peak", "mean", "point"]
    assert plan.of_peaks.tolist() == [1, 0, 0]
    assert plan.steps.tolist() == [5, 1, 15]


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6, 12, 15, 40])
def test_the_time_a_day_ago_is_between_its_two_neighbours(steps: int) -> None:
    plan = Plan.of([Target("point", steps)])
    times = (0, *AHEAD)
    left, right = (times[place] for place in plan.day[0])
    share = float(plan.day_share[0])
    assert left + share * (right - left) == pytest.approx(min(steps, AHEAD[-1]))


def test_what_the_network_answers_to_the_left_and_right_is_shared_in_proportion() -> None:
    # Ten steps are half way from 8 to 12; five is one of its own, and 40 beyond all of them.
    assert Plan.of([Target("peak", s) for s in (10, 5, 40)]).share.tolist() == pytest.approx([0.5, 0.0, 0.0])


def test_a_bank_without_targets_has_an_empty_plan() -> None:
    plan = Plan.of([])
    assert plan.steps.shape == plan.share.shape == (0,)
