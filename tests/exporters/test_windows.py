"""The window builder: nothing lost, nothing moved, every window regular."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.exporters.samples import Sample
from foretide.exporters.windows import WindowBuilder
from foretide.schemas.messages import TelemetryWindow

SIGNALS = ["gpu.sm_ratio", "gpu.memory_bytes", "app.queue_length"]


def sample(
    app: str, at_ms: int, step_ms: int = 1000, *, phase: str | None = None, resource: str = "r", **v: float
) -> Sample:
    values: dict[str, float | None] = {f"app.{k}": x for k, x in v.items()} or {"gpu.sm_ratio": at_ms / 1e6}
    return Sample(app, resource, at_ms, step_ms, values, phase)


def build(samples: list[Sample], window_ms: int, *, advance: bool = True) -> list[TelemetryWindow]:
    builder = WindowBuilder(window_ms, "src")
    windows: list[TelemetryWindow] = []
    for s in samples:
        windows += builder.add(s)
        if advance:
            windows += builder.advance(s.at_ms)
    windows += builder.flush()
    assert builder.open_windows == 0
    return windows


def samples_of(window: TelemetryWindow) -> list[tuple[int, dict[str, float | None]]]:
    return [
        (window.start_ms + i * window.step_ms, {name: values[i] for name, values in window.signals.items()})
        for i in range(window.samples)
    ]


@st.composite
def streams(draw: st.DrawFn) -> list[Sample]:
    """Samples of a few applications in time order, with gaps, changes of phase and resource, and missing readings."""
    samples: list[Sample] = []
    for app in draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True)):
        at_ms = draw(st.integers(0, 5000))
        step_ms = draw(st.sampled_from([250, 1000, 57_000]))
        for _ in range(draw(st.integers(1, 40))):
            values = draw(
                st.dictionaries(st.sampled_from(SIGNALS), st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=1)
            )
            phase = draw(st.sampled_from([None, None, None, "train"]))
            resource = draw(st.sampled_from(["r", "r", "r", "q"]))
            user = draw(st.sampled_from([None, None, None, "u"]))
            samples.append(Sample(app, resource, at_ms, step_ms, values, phase, user=user))
            at_ms += draw(st.sampled_from([step_ms, step_ms, step_ms, step_ms + 7, 3 * step_ms]))
    return sorted(samples, key=lambda s: (s.at_ms, s.app))


@given(streams(), st.sampled_from([1, 1000, 10_000, 120_000]), st.booleans())
def test_no_sample_is_lost_repeated_or_moved_and_windows_are_regular(
    samples: list[Sample], window_ms: int, advance: bool
) -> None:
    windows = build(samples, window_ms, advance=advance)
    for app in {s.app for s in samples}:
        given_ = [s for s in samples if s.app == app]
        got = [x for w in windows if w.app == app for x in samples_of(w)]
        assert [at for at, _ in got] == [s.at_ms for s in given_]
        for (_, values), original in zip(got, given_, strict=True):
            assert {k: v for k, v in values.items() if k in original.values} == original.values
            assert all(v is None for k, v in values.items() if k not in original.values)
        labels = {s.at_ms: (s.phase, s.user, s.resource, s.step_ms) for s in given_}
        for window in (w for w in windows if w.app == app):
            assert {labels[at] for at, _ in samples_of(window)} == {
                (window.phase, window.user, window.resource, window.step_ms)
            }
            assert window.samples == 1 or window.samples * window.step_ms <= window_ms


def test_a_full_window_closes_with_its_last_sample() -> None:
    builder = WindowBuilder(3000, "src")
    assert builder.add(sample("a", 0)) == []
    assert builder.add(sample("a", 1000)) == []
    (window,) = builder.add(sample("a", 2000))
    assert (window.start_ms, window.end_ms, window.samples, window.source) == (0, 2000, 3, "src")
    assert builder.open_windows == 0


def test_a_step_longer_than_the_window_gives_one_sample_windows_at_once() -> None:
    builder = WindowBuilder(10_000, "src")
    assert [w.samples for s in (0, 57_000) for w in builder.add(sample("a", s, 57_000))] == [1, 1]


def test_a_silent_application_is_sent_when_its_time_has_passed() -> None:
    builder = WindowBuilder(10_000, "src")
    builder.add(sample("a", 0))
    assert builder.advance(9_999) == []
    (window,) = builder.advance(10_000)
    assert window.samples == 1
    assert builder.advance(20_000) == []


@pytest.mark.parametrize(
    "second",
    [
        sample("a", 2000),
        sample("a", 999),
        sample("a", 0),
        sample("a", 1000, 500),
        sample("a", 1000, phase="train"),
        sample("a", 1000, resource="q"),
    ],
)
def test_what_ends_a_window(second: Sample) -> None:
    builder = WindowBuilder(10_000, "src")
    builder.add(sample("a", 0))
    (window,) = builder.add(second)
    assert window.samples == 1


def test_a_signal_that_comes_late_or_stays_away_is_null_there() -> None:
    builder = WindowBuilder(3000, "src")
    builder.add(sample("a", 0, x=1.0))
    builder.add(sample("a", 1000, x=2.0, y=5.0))
    (window,) = builder.add(sample("a", 2000, y=6.0))
    assert window.signals == {"app.x": [1.0, 2.0, None], "app.y": [None, 5.0, 6.0]}


def test_a_sample_without_signals_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one signal"):
        WindowBuilder(1000, "src").add(Sample("a", "r", 0, 1000, {}))
