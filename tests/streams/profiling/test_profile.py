from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.schemas.messages import ModelChange, TelemetryWindow
from foretide.schemas.signals import CPU_CORES, GPU_MEMORY, SM_RATIO
from foretide.streams.forecasting.ladder import Horizon
from foretide.streams.profiling import ApplicationProfile, ProfileError, ProfileSettings, backtest_settings
from foretide.streams.profiling.profile import LearningState
from foretide.streams.profiling.state import FORMAT
from support.windows import cut, window

SETTINGS = ProfileSettings()
plain = st.floats(0.0, 1e12)
spiky = st.sampled_from([0.0, 0.0, 1.0, 1e12, None])
extreme = st.floats(allow_nan=False, allow_infinity=False)
VALUES: list[st.SearchStrategy[float | None]] = [plain, spiky, extreme | st.none(), st.just(7.0)]


def fed(windows: Sequence[TelemetryWindow], chosen: ProfileSettings = SETTINGS) -> ApplicationProfile:
    profile = ApplicationProfile("app", chosen)
    for one in windows:
        profile.observe(one)
    return profile


def noisy(length: int, seed: int = 1) -> list[float | None]:
    rng = random.Random(seed)
    return [None if rng.random() < 0.05 else 5e9 + rng.gauss(0.0, 1e9) for _ in range(length)]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of([st.lists(v, min_size=1, max_size=60) for v in VALUES]),
    st.sampled_from([200, 2_000, 60_000, 1_200_000]),
)
def test_quantiles_never_decrease_and_are_finite_whatever_comes(values: list[float | None], step_ms: int) -> None:
    profile = ApplicationProfile("app", SETTINGS)
    for one in cut(GPU_MEMORY, values, 3, step_ms=step_ms):
        profile.observe(one)
        # Quantiles refuses what is not finite or decreases.
        for forecast in profile.forecasts():
            peaks = [h.peak for h in forecast.horizons]
            for shorter, longer in pairwise(peaks):
                assert shorter.q50 <= longer.q50
                assert shorter.q99 <= longer.q99
        assert len(profile.needs()) in (0, 4)


@pytest.mark.parametrize("size", [1e12, 1e30, 1e39, 1e160, 1.7e308])
def test_readings_near_the_largest_number_are_survived(size: float) -> None:
    rng, profile = random.Random(6), ApplicationProfile("app", replace(SETTINGS, signals=("app.reading",)))
    values: list[float | None] = [rng.choice([0.0, 1.0, size, -size, size / 3]) for _ in range(240)]
    for one in cut("app.reading", values, 3, step_ms=20_000):
        profile.observe(one)
        assert len(profile.forecasts()) == 1
        assert all(isfinite(q) for f in profile.raw_forecasts() for q in f.quantiles)


@settings(max_examples=10, deadline=None)
@given(st.lists(plain | st.none(), min_size=1, max_size=100), st.integers(0, 99))
def test_forecasts_do_not_depend_on_what_comes_after(future: list[float | None], at: int) -> None:
    past = noisy(5 * (at + 1))
    issued = fed(cut(GPU_MEMORY, past, 5)).raw_forecasts()
    profile = ApplicationProfile("app", SETTINGS)
    for i, one in enumerate(cut(GPU_MEMORY, [*past, *future], 5)):
        profile.observe(one)
        if i == at:
            assert profile.raw_forecasts() == issued


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 120), max_size=4), st.integers(0, 1000))
def test_a_profile_put_back_goes_on_to_the_last_bit(at: list[int], seed: int) -> None:
    windows = cut(GPU_MEMORY, noisy(600, seed), 5)
    whole, broken = ApplicationProfile("app", SETTINGS), ApplicationProfile("app", SETTINGS)
    for i, one in enumerate(windows):
        if i in at:
            broken = ApplicationProfile.load(broken.dump(), SETTINGS)
        one_seen, other_seen = whole.observe(one), broken.observe(one)
        assert one_seen.departures == other_seen.departures
        assert one_seen.changes == other_seen.changes
        assert whole.raw_forecasts() == broken.raw_forecasts()
        assert whole.learning == broken.learning
    assert whole.dump() == broken.dump()
    assert ApplicationProfile.load(whole.dump(), SETTINGS).dump() == whole.dump()


def test_a_repeated_window_changes_nothing_but_the_count_of_duplicates() -> None:
    windows = cut(GPU_MEMORY, noisy(200), 5)
    once, twice = fed(windows), ApplicationProfile("app", SETTINGS)
    for i, one in enumerate(windows):
        assert twice.observe(one).samples == 5
        assert twice.observe(one).samples == 0
        assert twice.observe(windows[i // 2]).samples == 0
    assert twice.duplicates == 2 * len(windows)
    twice.duplicates = 0
    assert twice.dump() == once.dump()


def test_of_an_overlapping_window_only_the_new_samples_are_learnt() -> None:
    profile = fed([window({GPU_MEMORY: [1.0, 2.0, 3.0]})])
    assert profile.observe(window({GPU_MEMORY: [900.0, 800.0, 4.0]}, sample=1)).samples == 1
    signal = profile.signals[GPU_MEMORY]
    assert (signal.last, signal.high, profile.windows_learned) == (4.0, 4.0, 2)


def moving(length: int, seed: int) -> list[float | None]:
    """A quiet series that turns into a wild one of another kind half way."""
    rng = random.Random(seed)
    quiet = [5e9 + 1e8 * rng.gauss(0.0, 1.0) for _ in range(length // 2)]
    return [*quiet, *[9e9 + 4e9 * rng.gauss(0.0, 1.0) for _ in range(length - length // 2)]]


def test_changes_of_models_are_the_same_after_a_profile_was_put_back() -> None:
    chosen = backtest_settings((GPU_MEMORY,), 1)
    whole, broken = ApplicationProfile("app", chosen), ApplicationProfile("app", chosen)
    found: list[ModelChange] = []
    for i, one in enumerate(cut(GPU_MEMORY, moving(600, 3), 1)):
        if i % 7 == 0:
            broken = ApplicationProfile.load(broken.dump(), chosen)
        found += whole.observe(one).changes
        broken.observe(one)
    assert {c.kind for c in found} == {"promoted", "drift"}
    assert whole.dump() == broken.dump()


def test_a_drift_is_said_and_lets_old_losses_count_for_less() -> None:
    kept = backtest_settings((GPU_MEMORY,), 1)
    off = replace(kept, drift=replace(kept.drift, enabled=False))
    windows = cut(GPU_MEMORY, moving(800, 5), 1)
    profiles = ApplicationProfile("app", kept), ApplicationProfile("app", off)
    for i, one in enumerate(windows):
        drifts = [[c for c in p.observe(one).changes if c.kind == "drift"] for p in profiles]
        assert drifts[1] == []
        losses = [sum(p.signals[GPU_MEMORY].head(0).losses) for p in profiles]
        if drifts[0]:
            # Not in the quiet half, and soon after it: the scale follows the change, so later it would be usual again.
            assert 400 <= i < 480
            assert drifts[0][0].before == drifts[0][0].after == profiles[0].signals[GPU_MEMORY].lead.champion
            assert drifts[0][0].at_ms == profiles[0].last_ms
            assert losses[0] == pytest.approx(kept.drift.keep * losses[1])
            return
        assert losses[0] == losses[1]
    pytest.fail("the change was not noticed")


def test_the_forecast_says_who_leads_and_which_experts_it_is_made_of() -> None:
    profile = fed(cut(GPU_MEMORY, noisy(400), 5))
    (forecast,) = profile.forecasts()
    head = profile.signals[GPU_MEMORY].head(0)
    assert forecast.model == profile.signals[GPU_MEMORY].lead.champion
    assert forecast.weights == {n: round(w, 3) for n, w in head.weights().items() if w >= 0.03}
    assert list(forecast.weights.values()) == sorted(forecast.weights.values(), reverse=True)
    assert 0.6 <= sum(forecast.weights.values()) <= 1.0 + 1e-9


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_coarse_rungs_hardly_depend_on_how_windows_are_cut_the_lowest_is_the_window(size: int) -> None:
    values = [v if v is not None else 0.0 for v in noisy(720)]
    chosen = replace(SETTINGS, horizons=(Horizon("peak", 900_000), Horizon("mean", 0, steps=1)))
    for cutting in (size, 30):
        signal = fed(cut(GPU_MEMORY, list(values), cutting), chosen).signals[GPU_MEMORY]
        coarse, lowest = (int(h.bank.state["steps"][h.row]) for h in (signal.head(0), signal.head(1)))
        assert lowest == len(values) // cutting
        # A step of 60 s is closed by the first window that ends after it: 24 minutes have 23 or 24 of them.
        assert coarse in (23, 24)


def test_a_signal_that_is_always_missing_is_not_forecast() -> None:
    profile = fed([window({GPU_MEMORY: [None, None], SM_RATIO: [0.5, None]})])
    assert list(profile.signals) == [SM_RATIO]
    assert profile.signals[SM_RATIO].last == 0.5
    assert profile.windows_learned == 1


def test_the_host_is_forecast_only_where_there_is_no_gpu() -> None:
    assert SETTINGS.chosen((CPU_CORES, GPU_MEMORY, "app.x")) == (GPU_MEMORY,)
    assert SETTINGS.chosen((CPU_CORES, "app.x")) == (CPU_CORES,)
    assert backtest_settings(None, 3).chosen((GPU_MEMORY, CPU_CORES, "app.x")) == (CPU_CORES, GPU_MEMORY)
    assert backtest_settings(("app.x",), 3).chosen((CPU_CORES, "app.x")) == ("app.x",)


def test_nothing_departs_before_the_first_horizon_has_been_forecast() -> None:
    # Windows of half a second: the learning phase of 30 windows ends before the first step of 60 s does.
    windows = cut(GPU_MEMORY, [5.0 + (i % 7) for i in range(80)], 1, step_ms=500)
    profile = ApplicationProfile("app", SETTINGS)
    assert [d for one in windows for d in profile.observe(one).departures] == []


def test_the_learning_phase_ends_once_windows_and_outcomes_are_there() -> None:
    profile, ended = ApplicationProfile("app", SETTINGS), []
    for i, one in enumerate(cut(GPU_MEMORY, noisy(400), 5)):
        profile.observe(one)
        if not profile.learning:
            ended.append(i)
    assert ended == list(range(ended[0], 80))
    # 30 outcomes of a peak 6 windows ahead are known after 36 windows.
    assert ended[0] == 35


def test_the_learning_state_says_what_is_lacking_and_agrees_with_the_profile() -> None:
    profile, reasons = ApplicationProfile("app", SETTINGS), []
    assert profile.learning_state() == LearningState("learning", "0 of 30 windows learnt")
    for one in cut(GPU_MEMORY, noisy(400), 5):
        profile.observe(one)
        found = profile.learning_state()
        assert (found.state == "learning") == profile.learning
        reasons.append(found.reason)
    assert reasons[28] == "29 of 30 windows learnt"
    assert reasons[34] == f"{GPU_MEMORY} has 29 of 30 outcomes"
    assert set(reasons[35:]) == {
        "30 outcomes of every signal were known, with an error of at most 1.05 times last value's"
    }
    assert ApplicationProfile.load(profile.dump(), SETTINGS).learning_state() == profile.learning_state()


def test_the_learning_state_of_a_profile_without_a_predicted_signal_or_with_a_bad_one() -> None:
    ignored = fed(cut("app.reading", [1.0] * 40, 1))
    assert ignored.learning_state() == LearningState("learning", "no predicted signal in its telemetry")
    strict = replace(SETTINGS, learning_loss=0.0)
    poor = fed(cut(GPU_MEMORY, noisy(400), 5), strict)
    assert poor.learning
    assert re.fullmatch(
        rf"{re.escape(GPU_MEMORY)} has an error of 0\.\d+ times last value's, above 0", poor.learning_state().reason
    )
    relaxed = ApplicationProfile.load(poor.dump(), SETTINGS)
    assert relaxed.learning_state() == LearningState("learning", "ends with the next window")
    relaxed.observe(window({GPU_MEMORY: [5e9]}, sample=400))
    assert relaxed.learning_state().state == "learnt"


def test_the_upper_quantile_covers_as_often_as_it_says_on_a_stationary_series() -> None:
    rng = random.Random(5)
    values = [10.0 + rng.gauss(0.0, 1.0) for _ in range(1500)]
    profile, hits = ApplicationProfile("app", backtest_settings((GPU_MEMORY,), 3)), []
    for i, one in enumerate(cut(GPU_MEMORY, list(values), 1)):
        profile.observe(one)
        if 200 <= i < len(values) - 3:
            point, peak = (f.quantiles[1] for f in profile.raw_forecasts())
            hits.append((values[i + 3] <= point, max(values[i + 1 : i + 4]) <= peak))
    for column in zip(*hits, strict=True):
        assert 0.85 <= sum(column) / len(column) <= 0.95


def test_a_payload_that_is_no_profile_is_refused_clearly() -> None:
    payload = fed(cut(GPU_MEMORY, noisy(100), 5)).dump()
    for broken in (b"", b"\xff\x00", payload[:-3], payload[: len(payload) // 2], b"\x91\x01"):
        with pytest.raises(ProfileError, match=r"cannot be read.*learn anew"):
            ApplicationProfile.load(broken, SETTINGS)
    older = payload.replace(FORMAT.encode(), b"profile/0", 1)
    with pytest.raises(ProfileError, match=f"'profile/0', '{FORMAT}' is needed"):
        ApplicationProfile.load(older, SETTINGS)
    with pytest.raises(ProfileError, match="snapshot of app does not fit the settings"):
        ApplicationProfile.load(payload, backtest_settings(None, 3))
