"""What each expert says of each kind of target, from what was sensed."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
from numpy.typing import NDArray

from foretide.streams.fleet.features import AHEAD, AR_STEPS, DAY, FEATURES
from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.plan import Plan
from foretide.streams.forecasting.proposing import PLACE, Proposed, propose
from foretide.streams.forecasting.record import INPUTS, blank, record_of
from foretide.streams.forecasting.refinement import UNIT
from foretide.streams.forecasting.sensing import Sensed
from foretide.streams.forecasting.targets import Kind, Target
from foretide.streams.forecasting.view import Floats, View

LAST, SCALE = 100.0, 8.0


def single(*values: float) -> Floats:
    return np.array([values], dtype=np.float32)


def proposed(
    targets: list[Target],
    day: list[float] | None = None,
    path: list[float] | None = None,
    network: NDArray[np.float64] | None = None,
    changes: list[float] | None = None,
    weights: float = 0.0,
) -> Proposed:
    """What is said of one row whose mean and peak are LAST, and the mean of twelve of the peaks 7 more."""
    state = np.array([blank(record_of(targets, 60, 0))])
    state["linear"][0, :, -1] = changes or [0.0] * len(targets)
    state["refined"][..., -1] = weights / UNIT
    history = np.full((1, 60), LAST, dtype=np.float32)
    ones = np.ones(1, dtype=np.float32)
    view = View(np.ones(1, np.int64), history, history, SCALE * ones, np.zeros((1, 2), np.float32), np.zeros(1), ones,
                ones, ones)  # fmt: skip
    references = np.full((1, 2, 5), LAST, dtype=np.float32)
    references[0, 1, 1] += 7.0
    sensed = Sensed(
        np.zeros((1, FEATURES), np.float32),
        references,
        np.array([path or [0.0] * AR_STEPS[-1]], dtype=np.float64),
    )
    answers = np.zeros((1, 2 * len(targets), 4)) if network is None else network
    inputs = np.zeros((1, INPUTS), dtype=np.float32)
    inputs[0, -1] = 1.0
    return propose(
        state,
        np.zeros(1, dtype=np.int64),
        view,
        single(*(day or [nan] * DAY)),
        sensed,
        answers.astype(np.float32),
        inputs,
        np.zeros(1, dtype=np.int64),
        Plan.of(targets),
        len(EXPERTS),
    )


@pytest.mark.parametrize(
    ("now", "ahead", "expected"),
    [
        # Between two times that are told in proportion; beyond the farthest as there.
        (10.0, (11.0, 15.0, 13.0, 13.0, 30.0), [101.0, 103.0, 105.0, 104.0, 120.0, 120.0]),
        (nan, (11.0, 15.0, 13.0, 13.0, 30.0), [100.0] * 6),
        (10.0, (11.0, nan, 13.0, 13.0, 30.0), [101.0, 100.0, 100.0, 100.0, 120.0, 120.0]),
    ],
)
def test_the_last_value_moves_as_it_moved_a_day_ago(
    now: float, ahead: tuple[float, ...], expected: list[float]
) -> None:
    assert AHEAD == (1, 3, 5, 8, 15)
    day = [now, *ahead, *[nan] * (DAY - 1 - len(AHEAD))]
    found = proposed([Target("point", steps) for steps in (1, 2, 3, 4, 15, 40)], day)
    assert found.experts[0, :, PLACE["day"]].tolist() == expected


@pytest.mark.parametrize(("kind", "expected"), [("point", [3.0, 9.0, 1.0]), ("peak", [3.0, 9.0, 9.0])])
def test_the_autoregression_says_a_point_or_the_highest_of_its_path(kind: Kind, expected: list[float]) -> None:
    path = [3.0, 9.0, *[1.0] * (AR_STEPS[-1] - 2)]
    found = proposed([Target(kind, steps) for steps in (1, 2, 40)], path=path)
    assert found.experts[0, :, PLACE["ar"]].tolist() == expected


def test_the_autoregression_says_the_mean_of_its_path() -> None:
    path = [3.0, 9.0, *[1.0] * (AR_STEPS[-1] - 2)]
    found = proposed([Target("mean", steps) for steps in (1, 2, 3, 40)], path=path)
    expected = [3.0, 6.0, 13.0 / 3, sum(path) / len(path)]
    assert found.experts[0, :, PLACE["ar"]].tolist() == pytest.approx(expected)


def test_references_are_those_of_the_peaks_where_peaks_are_forecast() -> None:
    found = proposed([Target("point", 1), Target("peak", 1), Target("mean", 1)])
    assert found.experts[0, :, PLACE["mean12"]].tolist() == [LAST, LAST + 7.0, LAST]
    assert found.experts[0, :, PLACE["phase"]].tolist() == [LAST] * 3


def test_rivers_heads_say_changes_in_units_of_the_scale() -> None:
    found = proposed([Target("point", 1), Target("peak", 2)], changes=[0.5, -1e9])
    assert found.experts[0, :, PLACE["linear"]].tolist() == [LAST + 0.5 * SCALE, LAST - 10.0 * SCALE]


def test_the_network_is_taken_between_its_steps_and_refined() -> None:
    network = np.zeros((1, 4, 4))
    network[0, 0], network[0, 2] = [0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]
    # Ten steps are half way from 8 to 12.
    found = proposed([Target("point", 10), Target("point", 1)], network=network, weights=0.25)
    fleet = [LAST + SCALE * q for q in (0.5, 1.5, 2.5, 3.5)]
    assert found.fleet[0].tolist() == [fleet, [LAST] * 4]
    assert found.refined[0].tolist() == [[q + 0.25 * SCALE for q in fleet], [LAST + 0.25 * SCALE] * 4]
    assert found.experts[0, :, PLACE["fleet"]].tolist() == [fleet[0], LAST]
    assert found.experts[0, :, PLACE["refined"]].tolist() == [fleet[0] + 0.25 * SCALE, LAST + 0.25 * SCALE]
