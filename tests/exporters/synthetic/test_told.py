"""Applications that tell what moves them: how far ahead, in which phase, for whom; and those that tell nothing."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.exporters.synthetic import KINDS, USUAL, FleetSettings, windows
from foretide.schemas.errors import SettingsError
from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO, is_known

RATE = "app.requests_per_second"


def made(
    kind: str, steps: int = 1500, seed: int = 3, step_seconds: float = 10.0, lead: float = 60.0
) -> dict[str, list[float]]:
    """One application's signals, each as the list of its readings."""
    fleet = FleetSettings(apps=1, seed=seed, step_seconds=step_seconds, kinds=(kind,), lead_seconds=lead)
    found: dict[str, list[float]] = defaultdict(list)
    for window in windows(fleet, steps, 0.001):
        for signal, (value,) in window.signals.items():
            assert value is not None
            found[signal].append(value)
    return found


def agreement(x: list[float], y: list[float]) -> float:
    mx, my = sum(x) / len(x), sum(y) / len(y)
    cov = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    return float(cov / (sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y)) ** 0.5)


def best_lag(signals: dict[str, list[float]], most: int = 15) -> tuple[int, float]:
    rate, use = signals[RATE], signals[SM_RATIO]
    found = [agreement(rate[: len(rate) - lag], use[lag:]) for lag in range(most + 1)]
    return max(range(most + 1), key=found.__getitem__), max(found)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from([2.0, 10.0, 30.0]))
def test_an_announced_load_reaches_the_card_after_the_lead(seed: int, steps: int, step_seconds: float) -> None:
    count = round(4000 * 10 / step_seconds) if step_seconds < 10 else 1500
    lag, how_much = best_lag(made("lead", count, seed, step_seconds, steps * step_seconds))
    assert lag == steps
    assert how_much > 0.95


def test_its_queue_is_what_has_come_and_is_not_served() -> None:
    signals = made("lead", step_seconds=5.0, lead=60.0)
    rate, queue = signals[RATE], signals["app.queue_length"]
    errors = [queue[i] - 5.0 * sum(rate[i - 12 : i]) for i in range(12, len(rate))]
    assert sum(map(abs, errors)) / len(errors) < 0.05 * 60 * max(rate)
    assert min(queue) >= 0


def test_one_served_at_once_tells_nothing_ahead_and_the_quiet_one_nothing_at_all() -> None:
    lag, how_much = best_lag(made("prompt"))
    assert (lag, how_much > 0.95) == (0, True)
    assert not [s for s in made("quiet") if s.startswith("app.")]
    assert len({round(v, 1) for v in made("quiet")[SM_RATIO]}) >= 3, "its card is as busy as the others'"


def test_their_demand_is_the_same_whatever_the_step() -> None:
    """What a coarse step sees is what a fine one sees at those times."""
    fine, coarse = made("lead", 900, step_seconds=10.0), made("lead", 150, step_seconds=60.0)
    spread = [abs(a - b) for a, b in zip(fine[GPU_MEMORY][::6], coarse[GPU_MEMORY], strict=True)]
    assert max(spread) == 0


def grouped(kind: str, by: str) -> dict[str | None, list[float]]:
    found: dict[str | None, list[float]] = defaultdict(list)
    for window in windows(FleetSettings(apps=1, seed=5, step_seconds=10, kinds=(kind,)), 3000, 0.001):
        found[getattr(window, by)] += [v for v in window.signals[SM_RATIO] if v is not None]
    return found


@pytest.mark.parametrize(
    ("kind", "by", "names"),
    [
        ("phase", "phase", {"load", "warm-up", "serve", "idle"}),
        ("user", "user", {f"user-000/user-{letter}" for letter in "abc"}),
    ],
)
def test_each_phase_and_each_user_has_a_level_of_its_own(kind: str, by: str, names: set[str]) -> None:
    levels = grouped(kind, by)
    assert set(levels) == names
    spans = sorted((min(values), max(values)) for values in levels.values())
    assert all(a[1] < b[0] for a, b in pairwise(spans)), f"the levels overlap: {spans}"


def test_phases_follow_each_other_and_windows_hold_one_phase_and_one_user() -> None:
    fleet = FleetSettings(apps=2, seed=1, step_seconds=1, kinds=("phase", "user"))
    found: list[TelemetryWindow] = list(windows(fleet, 4000, 30.0))
    phases = [w.phase for w in found if w.app == "phase-000"]
    changes = {(a, b) for a, b in pairwise(phases) if a != b}
    assert changes == {("idle", "load"), ("load", "warm-up"), ("warm-up", "serve"), ("serve", "idle")}
    users = [w for w in found if w.app == "user-001"]
    assert sum(w.samples for w in users) == 4000
    assert {w.user for w in users} == {f"user-001/user-{letter}" for letter in "abc"}
    assert any(w.samples < 30 for w in users), "a window ends with its user's turn"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_of_repeatable_and_within_a_card(kind: str) -> None:
    assert len(KINDS[kind].about) <= 100
    once, again = made(kind, 400), made(kind, 400)
    assert once == again
    assert once != made(kind, 400, seed=4)
    assert all(is_known(s) and min(values) >= 0 for s, values in once.items())
    assert max(once[SM_RATIO]) <= 1
    assert max(once[GPU_MEMORY]) <= 80 * 2**30


def test_the_usual_fleet_is_of_the_usual_kinds_and_others_are_asked_for() -> None:
    usual = {w.app for w in windows(FleetSettings(apps=5), 1)}
    assert usual == {"serve-000", "train-001", "batch-002", "leak-003", "serve-004"}
    assert USUAL == ("serve", "train", "batch", "leak")
    asked = {w.app for w in windows(FleetSettings(apps=3, kinds=("lead", "quiet")), 1)}
    assert asked == {"lead-000", "quiet-001", "lead-002"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kinds": ("serve", "nope")}, "kind: nope"),
        ({"kinds": ()}, "kind: none"),
        ({"lead_seconds": 0.0}, "lead-seconds"),
    ],
)
def test_settings_that_make_no_sense(values: dict[str, object], field: str) -> None:
    with pytest.raises(SettingsError, match=field):
        FleetSettings(**values)  # type: ignore[arg-type]
