"""A trace beside another: the latest reading known at each time, for whom it is meant, and errors that say why not."""

from __future__ import annotations

import csv
from math import inf
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretide.exporters.errors import TraceError
from foretide.exporters.mapping import ColumnMapping
from foretide.exporters.traces import OLDEST_SECONDS, read_beside, read_trace
from foretide.schemas.codec import encode, parse

Readings = list[tuple[int, str, float | None]]


def write(path: Path, rows: Readings, column: str) -> Path:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["ts", "app_id", column])
        out.writerows([at / 1000, app, "" if value is None else value] for at, app, value in rows)
    return path


def carried(path: Path, other: Path, signal: str, oldest_seconds: float = inf) -> dict[tuple[str, int], float | None]:
    """What each sample carries of the signal; samples without it are left out."""
    trace = read_beside(path, None, [other], oldest_seconds)
    return {
        (w.app, w.start_ms + i * w.step_ms): value
        for w in trace.windows()
        for i, value in enumerate(w.signals.get(signal, []))
    }


def series(*apps: str, values: st.SearchStrategy[float | None]) -> st.SearchStrategy[Readings]:
    times = st.integers(0, 50).map(lambda n: 250 * n)
    return st.lists(st.tuples(times, st.sampled_from(apps), values), min_size=1, max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    series("a", "b", values=st.floats(0, 100)),
    st.one_of(
        series("service", values=st.one_of(st.none(), st.floats(-1e6, 1e6))),
        series("a", "b", "stranger", values=st.one_of(st.none(), st.floats(-1e6, 1e6))),
    ),
    st.sampled_from([0.001, 0.5, 3.0, inf]),
)
def test_no_value_from_the_future_and_none_older_than_allowed(
    tmp_path: Path, own: Readings, other: Readings, oldest_seconds: float
) -> None:
    told = [(at, app, value) for at, app, value in other if value is not None]
    apps, names = {app for _, app, _ in own}, {app for _, app, _ in told}
    expected: dict[tuple[str, int], float | None] = {}
    for at, app, _ in own:
        namesakes = {app} if apps & names else names
        # Of several readings at one time the first counts, as everywhere in a trace.
        known = [(t, -i, v) for i, (t, name, v) in enumerate(told) if name in namesakes and t <= at]
        if known and at - max(known)[0] <= oldest_seconds * 1000:
            expected[app, at] = max(known)[2]
    paths = write(tmp_path / "own.csv", own, "x"), write(tmp_path / "other.csv", other, "qps")
    if not expected or (not apps & names and len(names) > 1):
        with pytest.raises(TraceError):
            read_beside(paths[0], None, [paths[1]], oldest_seconds)
        return
    got = carried(*paths, "app.qps", oldest_seconds)
    assert {place: value for place, value in got.items() if value is not None} == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(series("service", values=st.floats(-1e6, 1e6)), st.integers(0, 12_500))
def test_what_comes_later_changes_nothing_before(tmp_path: Path, other: Readings, now: int) -> None:
    own: Readings = [(t, "a", 1.0) for t in range(0, 12_500, 400)]
    until: Readings = [reading for reading in other if reading[0] <= now]
    path = write(tmp_path / "own.csv", own, "x")
    whole = write(tmp_path / "whole.csv", other, "qps")
    if not until or max(other)[0] > 12_400 or not any(t <= now and t >= min(until)[0] for t, _, _ in own):
        return
    cut = write(tmp_path / "cut.csv", until, "qps")
    first = {place: v for place, v in carried(path, cut, "app.qps").items() if place[1] <= now}
    again = {place: v for place, v in carried(path, whole, "app.qps").items() if place[1] <= now}
    assert first == again


def test_irregular_clocks_and_missing_readings(tmp_path: Path) -> None:
    own = write(tmp_path / "own.csv", [(t * 1000, "a", 1.0) for t in (0, 10, 20, 30, 47, 60)], "gpu_duty_pct")
    other = write(
        tmp_path / "other.csv", [(10_001, "s", 5.0), (12_000, "s", None), (29_999, "s", 6.0), (30_000, "s", 0.0)], "q"
    )
    got = carried(own, other, "app.q", oldest_seconds=20)
    assert [got["a", t * 1000] for t in (0, 10, 20, 30, 47, 60)] == [None, None, 5.0, 0.0, 0.0, None]


def test_namesakes_take_their_own_and_others_nothing(tmp_path: Path) -> None:
    own = write(tmp_path / "own.csv", [(t, app, 1.0) for t in (0, 1000) for app in "abc"], "x")
    other = write(tmp_path / "other.csv", [(0, "a", 1.0), (500, "b", 2.0), (0, "z", 9.0)], "q")
    trace = read_beside(own, None, [other])
    assert carried(own, other, "app.q") == {("a", 0): 1.0, ("a", 1000): 1.0, ("b", 0): None, ("b", 1000): 2.0}
    assert set(trace.series["c"].values) == {"app.x"}, "what is never known is absent"
    assert [(j.column, j.signal, j.applications) for j in trace.joined] == [("q", "app.q", 2)]


def test_signals_are_the_applications_own_whatever_they_are_called_and_marked_as_beside(tmp_path: Path) -> None:
    own = write(tmp_path / "own.csv", [(0, "a", 50.0), (1000, "a", 60.0)], "gpu_duty_pct")
    other = write(tmp_path / "other.csv", [(0, "s", 7.0)], "gpu_duty_pct")
    more = write(tmp_path / "more.csv", [(0, "t", 8.0)], "queue depth")
    (window,) = read_beside(own, None, [other, more]).windows()
    assert window.signals == {
        "gpu.sm_ratio": [0.5, 0.6],
        "app.gpu_duty_pct": [7.0, 7.0],
        "app.queue_depth": [8.0, 8.0],
    }
    columns = parse("telemetry.v1", encode(window)).columns
    assert {s: (c.name, c.scale, c.beside) for s, c in columns.items()} == {
        "gpu.sm_ratio": ("gpu_duty_pct", 0.01, False),
        "app.gpu_duty_pct": ("gpu_duty_pct", 1.0, True),
        "app.queue_depth": ("queue depth", 1.0, True),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ts,app_id,q\n9,s,1\n", "nothing in it is known at any time of"),
        ("ts,app_id,q\n9,s,1\n", "it spans 9 to 9 s, the other 4000 to 4001 s"),
        ("ts,app_id,q\n5000,s,1\n", "--beside-age"),
        ("ts,app_id,q\n4000,s,\n", "no column holds numbers"),
        ("ts,app_id,metric,value\n4000,s,q,\n", "no column holds numbers"),
        ("ts,app_id,kind\n4000,s,web\n", "no column holds numbers"),
        ("ts,app_id,q\n4000,s,1\n4000,t,2\n", "s and t both have q, and neither is an application of the first trace"),
        ("ts,app_id,x\n4000,s,1\n", "a has app.x already, from"),
        ("ts,app_id,x\n4000,s,1\n", "--map app.OTHER=x"),
    ],
)
def test_errors_name_the_file_and_the_remedy(tmp_path: Path, text: str, message: str) -> None:
    own = write(tmp_path / "own.csv", [(4_000_000, "a", 1.0), (4_001_000, "a", 1.0)], "x")
    other = tmp_path / "other.csv"
    other.write_text(text)
    with pytest.raises(TraceError) as caught:
        read_beside(own, None, [other])
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(other))
    assert "\n" not in str(caught.value)


def test_the_remedies_help(tmp_path: Path) -> None:
    own = write(tmp_path / "own.csv", [(4_000_000, "a", 1.0)], "x")
    same = write(tmp_path / "same.csv", [(4_000_000, "s", 2.0)], "x")
    (window,) = read_beside(own, ColumnMapping.from_options(["app.OTHER=x"]), [same]).windows()
    assert window.signals == {"app.OTHER": [1.0], "app.x": [2.0]}
    with pytest.raises(TraceError, match=r"a has app\.x already, from .*same\.csv\. Rename the column in one of them"):
        read_beside(own, ColumnMapping.from_options(["app.OTHER=x"]), [same, same])
    old = write(tmp_path / "old.csv", [(4_000_000 - 1000 * round(OLDEST_SECONDS) - 1, "s", 3.0)], "q")
    with pytest.raises(TraceError, match="--beside-age"):
        read_beside(own, None, [old])
    assert carried(own, old, "app.q", inf) == {("a", 4_000_000): 3.0}


def test_a_recorded_service_beside_its_pods(traces: Path) -> None:
    pods, service = traces / "gentd26_pods.csv.gz", traces / "gentd26_service.csv.gz"
    if not (pods.exists() and service.exists()):
        pytest.skip(f"gentd26_pods and gentd26_service are not in {traces}")
    told = read_trace(service, ColumnMapping(standard=False)).series["sd-service"]
    known = dict(zip(told.at_ms, told.values["app.qps_api"], strict=True))
    trace = read_beside(pods, None, [service])
    assert {j.applications for j in trace.joined} == {50}
    for one in trace.series.values():
        for at_ms, value in zip(one.at_ms, one.values["app.qps_api"], strict=True):
            before = [v for t in range(at_ms, at_ms - 58_000, -57_000) if (v := known.get(t)) == v and v is not None]
            if before:
                assert value == before[0]
