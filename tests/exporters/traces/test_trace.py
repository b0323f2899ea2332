"""Samples and windows of a trace: all of it, in time order, and back to the trace's numbers."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretide.exporters.traces import read_trace
from foretide.schemas.codec import encode, parse
from foretide.schemas.messages import TelemetryWindow


def written_back(window: TelemetryWindow) -> Iterator[tuple[int, str, str, float]]:
    """What a backtest writes: time, application, column and value in the trace's units."""
    assert window.columns is not None
    for signal, values in window.signals.items():
        column = window.columns[signal]
        for i, value in enumerate(values):
            if value is not None:
                yield window.start_ms + i * window.step_ms, window.app, column.name, value / column.scale


# Below that the scale itself would lose digits: readings so small are none.
readings = st.one_of(st.none(), st.just(0.0), st.floats(1e-280, 1e12), st.floats(-1e12, -1e-280))
rows = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.sampled_from(["a", "b", "c"]),
        readings,
        readings,
    ),
    min_size=1,
    max_size=60,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows, st.sampled_from([0.001, 10.0, 3600.0]))
def test_every_reading_comes_back_through_the_wire(
    tmp_path: Path, rows: list[tuple[int, str, float | None, float | None]], window_seconds: float
) -> None:
    path = tmp_path / "trace.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["ts", "app_id", "cpu_used_mhz", "gpu_duty_pct"])
        out.writerows([at / 1000, app, "" if x is None else x, "" if y is None else y] for at, app, x, y in rows)
    expected: dict[tuple[int, str, str], float] = {}
    for at, app, x, y in rows:
        for column, value in (("cpu_used_mhz", x), ("gpu_duty_pct", y)):
            if value is not None:
                expected.setdefault((at, app, column), value)
    if not expected:
        return
    got: dict[tuple[int, str, str], float] = {}
    for window in read_trace(path).windows(window_seconds):
        again: TelemetryWindow = parse("telemetry.v1", encode(window))
        for at, app, column, value in written_back(again):
            assert (at, app, column) not in got
            got[at, app, column] = value
    assert got.keys() == expected.keys()
    for place, value in expected.items():
        assert abs(got[place] - value) <= 1e-12 * abs(value)


def test_ticks_are_in_time_order_and_may_be_shifted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("ts,app_id,x\n3,a,1\n1,b,2\n2,a,3\n3,b,4\n")
    trace = read_trace(path)
    assert [(t.at_ms, [s.app for s in t.samples]) for t in trace.ticks("r", shift_ms=10)] == [
        (1010, ["b"]),
        (2010, ["a"]),
        (3010, ["a", "b"]),
    ]
    assert all(s.at_ms == t.at_ms for t in trace.ticks("r", 10) for s in t.samples)
    assert (trace.first_ms, trace.last_ms, trace.samples) == (1000, 3000, 4)


@pytest.mark.parametrize(("name", "apps"), [("gentd26_pods", 50), ("nab_aws", 10)])
def test_recorded_traces_come_through_whole(traces: Path, name: str, apps: int) -> None:
    path = traces / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"the recorded trace {name} is not in {traces}")
    expected: dict[tuple[int, str, str], float] = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            if row["value"]:
                place = (round(float(row["ts"]) * 1000), row["app_id"], row["metric"])
                expected.setdefault(place, float(row["value"]))
    got = {(at, app, column): v for w in read_trace(path).windows() for at, app, column, v in written_back(w)}
    assert got.keys() == expected.keys()
    assert len({app for _, app, _ in got}) == apps
    assert all(abs(got[place] - value) <= 1e-12 * abs(value) for place, value in expected.items())
