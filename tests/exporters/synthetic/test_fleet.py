"""The made-up fleet: repeatable, within what a card can hold, and worth forecasting."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.exporters.samples import Sample
from foretide.exporters.synthetic import FIRST_MS, FleetSettings, ticks
from foretide.schemas.errors import SettingsError
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO, is_known, upper_bound
from foretide.schemas.units import GIB


def run(settings_: FleetSettings, steps: int, shift_ms: int = 0) -> list[Sample]:
    return [s for tick in islice(ticks(settings_, "host", shift_ms), steps) for s in tick.samples]


def test_the_same_seed_gives_the_same_samples_at_any_time() -> None:
    first = run(FleetSettings(apps=5, seed=3), 300)
    again = run(FleetSettings(apps=5, seed=3), 300, shift_ms=12_345)
    assert [(s.app, s.phase, s.values) for s in first] == [(s.app, s.phase, s.values) for s in again]
    assert [s.at_ms + 12_345 for s in first] == [s.at_ms for s in again]
    assert first[0].at_ms == FIRST_MS
    assert [s.values for s in first] != [s.values for s in run(FleetSettings(apps=5, seed=4), 300)]


def test_an_application_does_not_depend_on_the_fleets_size() -> None:
    small = [s.values for s in run(FleetSettings(apps=2, seed=9), 200) if s.app == "serve-000"]
    large = [s.values for s in run(FleetSettings(apps=9, seed=9), 200) if s.app == "serve-000"]
    assert small == large


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1.0, 30.0, 600.0]))
def test_values_stay_within_what_a_card_can_hold(seed: int, step: float) -> None:
    for sample in run(FleetSettings(apps=4, seed=seed, step_seconds=step), 400):
        assert sample.phase in {"idle", "load", "train", "evaluate", "serve"}
        for signal, value in sample.values.items():
            assert is_known(signal)
            assert value is not None
            assert value >= 0
            assert value <= (upper_bound(signal) or float("inf"))
        memory = sample.values[GPU_MEMORY]
        assert memory is not None
        assert memory <= 80 * GIB


def test_a_day_holds_every_phase_leaks_and_restarts() -> None:
    samples = run(FleetSettings(apps=4, seed=1, step_seconds=10), 8640)
    assert {s.phase for s in samples} == {"idle", "load", "train", "evaluate", "serve"}
    leak = [s.values[GPU_MEMORY] or 0.0 for s in samples if s.app == "leak-003"]
    restarts = sum(b < 0.2 * a for a, b in pairwise(leak) if a > 8 * GIB)
    assert restarts >= 1
    serve = [s.values["app.concurrent_users"] or 0.0 for s in samples if s.app == "serve-000"]
    by_hour = [sum(serve[h * 360 : (h + 1) * 360]) / 360 for h in range(24)]
    assert max(by_hour) > 3 * min(by_hour)


def test_load_leads_the_use_of_the_card() -> None:
    samples = [s for s in run(FleetSettings(apps=1, seed=2, step_seconds=5), 6000) if s.phase == "serve"]
    load = [s.values["app.requests_per_second"] or 0.0 for s in samples]
    use = [s.values[SM_RATIO] or 0.0 for s in samples]

    def agreement(lag: int) -> float:
        x, y = load[: len(load) - lag], use[lag:]
        mx, my = sum(x) / len(x), sum(y) / len(y)
        cov = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
        return float(cov / (sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y)) ** 0.5)

    assert max(agreement(lag) for lag in range(2, 12)) > agreement(0)


@pytest.mark.parametrize(
    ("values", "field"),
    [({"apps": 0}, "apps"), ({"step_seconds": 0.0}, "step-seconds"), ({"day_seconds": 1.0}, "day-seconds")],
)
def test_settings_that_make_no_sense(values: dict[str, float], field: str) -> None:
    with pytest.raises(SettingsError, match=field):
        FleetSettings(**values)  # type: ignore[arg-type]
