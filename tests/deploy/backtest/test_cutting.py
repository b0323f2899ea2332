"""Windows of many samples become windows of one, each sample once."""

from __future__ import annotations

from foretide.deploy.backtest.cutting import cut, single_samples
from foretide.schemas.messages import Column, TelemetryWindow


def window(start: int, *values: float | None) -> TelemetryWindow:
    return TelemetryWindow(
        app="a",
        resource="r",
        source="s",
        start_ms=start,
        step_ms=1000,
        signals={"gpu.sm_ratio": list(values), "app.load": [1.0 for _ in values]},
        phase="serve",
        columns={"gpu.sm_ratio": Column(name="duty", scale=0.01)},
    )


def test_every_sample_becomes_a_window_with_all_else_kept() -> None:
    first, second = cut(window(5000, 0.1, None))
    assert first == window(5000, 0.1)
    assert second == window(6000, None)


def test_a_window_of_one_is_itself() -> None:
    single = window(0, 0.5)
    assert list(cut(single)) == [single]
    assert next(cut(single)) is single


def test_repeated_and_overlapping_windows_count_once_and_in_time_order() -> None:
    found = single_samples([window(2000, 0.3, 0.4), window(0, 0.1, 0.2, 0.9), window(2000, 0.3, 0.4)])
    assert [(w.start_ms, w.signals["gpu.sm_ratio"]) for w in found] == [
        (0, [0.1]), (1000, [0.2]), (2000, [0.3]), (3000, [0.4]),
    ]  # fmt: skip
