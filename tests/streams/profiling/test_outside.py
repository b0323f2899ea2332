"""What a window tells from outside a signal: the time, the exogenous signals, the phase; and what is input alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import cos, isnan, log1p, nan, pi, sin

import pytest
from msgspec.structs import replace

from foretide.schemas.messages import Column, TelemetryWindow
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.forecasting.record import CALENDAR, EXOGENOUS, PHASES
from foretide.streams.profiling import ApplicationProfile, ProfileSettings, backtest_settings
from foretide.streams.profiling.outside import DAY_MS, WEEK_MS, Outside, found_phase, pure
from support.windows import START_MS, window

ALL = ProfileSettings(signals=None)


def same(found: Sequence[float], expected: list[float]) -> bool:
    return [None if isnan(v) else v for v in found] == pytest.approx([None if isnan(v) else v for v in expected])


def test_the_time_is_told_as_points_on_circles() -> None:
    outside = Outside()
    for sample in (0, 1, 11_111, 400_000):
        one = window({GPU_MEMORY: [1.0, 2.0]}, sample=sample)
        found = outside.numbers(one, 2)
        assert one.end_ms == START_MS + (sample + 1) * one.step_ms
        day, week = (2 * pi * (one.end_ms % period) / period for period in (DAY_MS, WEEK_MS))
        assert same(found, [sin(day), cos(day), sin(week), cos(week), *[nan] * EXOGENOUS])
    later = window({GPU_MEMORY: [1.0, 2.0]}, sample=WEEK_MS // 2_000)
    assert outside.numbers(later, 2)[:CALENDAR] == outside.numbers(window({GPU_MEMORY: [1.0, 2.0]}), 2)[:CALENDAR]


def test_exogenous_signals_keep_the_places_in_which_they_came() -> None:
    outside = Outside()

    def told(signals: dict[str, list[float | None]], fresh: int = 2) -> Sequence[float]:
        return outside.numbers(window(signals), fresh)[CALENDAR:]

    assert same(told({GPU_MEMORY: [1.0, 1.0], "app.b": [1.0, 3.0]}), [log1p(3.0), nan, nan, nan])
    # Of those that come at once the first by name; the place of one that came before stays.
    found = told({"app.c": [0.0, -5.0], "app.a": [7.0, None], "app.b": [2.0, 2.0]})
    assert outside.exogenous == ["app.b", "app.a", "app.c"]
    assert same(found, [log1p(2.0), log1p(7.0), -log1p(5.0), nan])
    # A reading that was learnt already is not told again.
    assert same(told({"app.a": [7.0, None], "app.b": [2.0, 4.0]}, fresh=1), [log1p(4.0), nan, nan, nan])
    told({f"app.{name}": [1.0, 1.0] for name in "defg"})
    assert outside.exogenous == ["app.b", "app.a", "app.c", "app.d"]
    assert len(outside.exogenous) == EXOGENOUS
    assert same(told({"app.g": [9.0, 9.0]}), [nan] * 4)


def test_phases_keep_their_places_and_those_that_come_late_share_the_last() -> None:
    outside = Outside()
    names = [f"phase-{i}" for i in range(PHASES)]
    assert [outside.place_of(p) for p in names] == list(range(PHASES))
    assert [outside.place_of(p) for p in ("late", "later", "phase-1", "late")] == [
        PHASES - 1,
        PHASES - 1,
        1,
        PHASES - 1,
    ]
    assert outside.phases == names


@pytest.mark.parametrize(
    ("mean", "highest", "phase"),
    [(0.0, 0.8, "idle"), (0.04, 0.8, "idle"), (0.05, 0.8, "busy"), (0.8, 0.8, "busy")],
)
def test_a_phase_is_found_where_none_is_told(mean: float, highest: float, phase: str) -> None:
    assert found_phase(mean, highest) == phase


@pytest.mark.parametrize(("mean", "highest"), [(None, 0.8), (0.0, 0.0), (0.1, float("-inf"))])
def test_no_phase_is_found_where_nothing_was_used(mean: float | None, highest: float) -> None:
    assert found_phase(mean, highest) == "unknown"


def in_phases(windows: int, *, leading: bool) -> list[TelemetryWindow]:
    """A signal that is 1 or 9 by the phase, and another that tells the next window's value."""
    rng, found = random.Random(3), []
    values = [rng.choice([1.0, 9.0]) for _ in range(windows + 1)]
    for i in range(windows):
        signals: dict[str, list[float | None]] = {SM_RATIO: [values[i] / 10]}
        if leading:
            signals["app.queue"] = [values[i + 1]]
        found.append(replace(window(signals, sample=i), phase="busy" if values[i] > 5.0 else "idle"))
    return found


def test_places_survive_a_snapshot_and_phases_have_their_levels() -> None:
    profile = ApplicationProfile("app", backtest_settings((SM_RATIO,), 1))
    for one in in_phases(60, leading=True):
        profile.observe(one)
    assert (profile.outside.exogenous, sorted(profile.outside.phases)) == (["app.queue"], ["busy", "idle"])
    again = ApplicationProfile.load(profile.dump(), profile.settings)
    assert (again.outside.exogenous, again.outside.phases) == (profile.outside.exogenous, profile.outside.phases)
    head = profile.signals[SM_RATIO].head(0)
    levels = dict(zip(profile.outside.phases, head.bank.state["phase"][head.row, :, 0].tolist(), strict=False))
    assert levels == {"busy": pytest.approx(0.9), "idle": pytest.approx(0.1)}


def test_a_signal_that_leads_makes_forecasts_better() -> None:
    lost = []
    for leading in (False, True):
        profile = ApplicationProfile("app", backtest_settings((SM_RATIO,), 1))
        for one in in_phases(260, leading=leading):
            profile.observe(one)
        lost.append(min(profile.signals[SM_RATIO].head(0).losses))
    assert lost[1] < 0.75 * lost[0]


@pytest.mark.parametrize("settings", [ALL, backtest_settings(None, 2), ProfileSettings()])
def test_what_is_laid_beside_is_never_predicted(settings: ProfileSettings) -> None:
    profile = ApplicationProfile("app", settings)
    signals: dict[str, list[float | None]] = {GPU_MEMORY: [1.0], SM_RATIO: [0.5], "app.load": [3.0]}
    for i in range(8):
        columns = {
            GPU_MEMORY: Column(name="m", scale=1.0),
            SM_RATIO: Column(name="r", scale=1.0, beside=True),
            "app.load": Column(name="l", scale=1.0, beside=True),
        }
        one = replace(window(signals, sample=i), columns=columns)
        assert pure(one) == (GPU_MEMORY,)
        profile.observe(one)
    assert list(profile.signals) == [GPU_MEMORY]
    assert {f.signal for f in profile.raw_forecasts()} == {GPU_MEMORY}
    assert profile.outside.exogenous == ["app.load"], "it is an input all the same"


def test_without_columns_all_signals_are_the_applications_own() -> None:
    one = window({GPU_MEMORY: [1.0], "app.load": [3.0]})
    assert pure(one) == (GPU_MEMORY, "app.load")
    assert pure(replace(one, columns={GPU_MEMORY: Column(name="m", scale=1.0)})) == (GPU_MEMORY, "app.load")
    assert ALL.chosen(pure(one)) == (GPU_MEMORY,)
