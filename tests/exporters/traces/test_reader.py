"""Reading traces: both forms, plain and packed, and errors that say where."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest

from foretide.exporters.errors import MappingError, TraceError
from foretide.exporters.mapping import ColumnMapping
from foretide.exporters.traces import Trace, read_trace


def write(tmp_path: Path, text: str, name: str = "trace.csv") -> Path:
    path = tmp_path / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def numbers(trace: Trace, app: str, signal: str) -> list[float | None]:
    return [None if math.isnan(v) else v for v in trace.series[app].values[signal]]


@pytest.mark.parametrize("name", ["trace.csv", "trace.csv.gz", "packed-without-suffix.csv.gz"])
def test_long(tmp_path: Path, name: str) -> None:
    path = write(
        tmp_path,
        "ts,app_id,metric,value,anomaly\n0,a,gpu_duty_pct,50,0\n57,a,gpu_duty_pct,,0\n0,a,gpu_mem_mib,1,0\n"
        "57,a,gpu_mem_mib,2,1\n114,a,gpu_mem_mib,3,0\n0,b,qps,7,0\n",
        name,
    )
    if name.startswith("packed"):
        path = path.rename(tmp_path / "trace.bin")
    trace = read_trace(path)
    assert list(trace.series) == ["a", "b"]
    assert list(trace.series["a"].at_ms) == [0, 57_000, 114_000]
    assert numbers(trace, "a", "gpu.sm_ratio") == [0.5, None, None]
    assert numbers(trace, "a", "gpu.memory_bytes") == [2.0**20, 2.0**21, 3 * 2.0**20]
    assert list(trace.series["b"].values) == ["app.qps"], "an application has only the signals it ever had"
    assert trace.series["a"].step_ms == 57_000


def test_wide_with_labels_phase_and_missing_values(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "\ufeffts,app_id,kind,phase,cpu_used,mem_used_mib,late\n1.5,a,web,load,1,2,\n2.5,a,web,serve,NaN,4,\n\n3.5,a,db,,3,,x\n",
    )
    trace = read_trace(path)
    assert trace.columns == {"cpu_used": ("cpu.cores", 1.0), "mem_used_mib": ("memory.rss_bytes", 2.0**20)}
    assert list(trace.series["a"].at_ms) == [1500, 2500, 3500]
    assert numbers(trace, "a", "cpu.cores") == [1.0, None, 3.0]
    assert list(trace.series["a"].phases or []) == ["load", "serve", None]


def test_unsorted_and_repeated_times(tmp_path: Path) -> None:
    path = write(tmp_path, "ts,app_id,x,y\n20,a,3,\n10,a,1,5\n20,a,9,7\n10,a,8,8\n")
    trace = read_trace(path)
    assert list(trace.series["a"].at_ms) == [10_000, 20_000]
    assert numbers(trace, "a", "app.x") == [1.0, 3.0], "of several readings the first counts"
    assert numbers(trace, "a", "app.y") == [5.0, 7.0], "a missing reading is none"


def test_fractions_of_a_second_are_exact(tmp_path: Path) -> None:
    path = write(tmp_path, "ts,app_id,x\n1700158546.681,a,1\n1700158550.995,a,2\n")
    assert list(read_trace(path).series["a"].at_ms) == [1_700_158_546_681, 1_700_158_550_995]


def test_rows_of_no_application_are_left_out_and_counted(tmp_path: Path) -> None:
    trace = read_trace(write(tmp_path, "ts,app_id,x\n1,,1\n2,a,2\n"))
    assert (trace.samples, trace.rows_left_out) == (1, 1)


def test_mapping_and_ignoring(tmp_path: Path) -> None:
    path = write(tmp_path, "ts,app_id,duty,bad\n1,a,50,3\n2,a,60,oops\n")
    mapping = ColumnMapping.from_options(["gpu.sm_ratio=duty*0.01"], ["bad"])
    assert read_trace(path, mapping).columns == {"duty": ("gpu.sm_ratio", 0.01)}
    with pytest.raises(MappingError, match="no such column"):
        read_trace(path, ColumnMapping.from_options(["gpu.sm_ratio=nope"], ["bad"]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("ts,app_id,x\n", "there are no rows"),
        ("time,app_id,x\n1,a,1\n", "line 1, column ts: the header lacks ts"),
        ("ts,app,x\n1,a,1\n", "line 1, column app_id: the header lacks app_id"),
        ("ts,app_id,x\nnoon,a,1\n", "line 2, column ts: 'noon' is not a number of seconds"),
        ("ts,app_id,x\n-5,a,1\n", "line 2, column ts: -5 is not a time"),
        ("ts,app_id,x\n1700000000000000,a,1\n", "Write seconds, not milliseconds"),
        ("ts,app_id,x\n1,a,1\n2,a,oops\n", "line 3, column x: 'oops' is not a finite number"),
        ("ts,app_id,x\n1,a,inf\n", "line 2, column x: 'inf' is not a finite number"),
        ("ts,app_id,metric,value\n1,a,m,1\n2,a,m,many\n", "line 3, column value: 'many' is not a finite number"),
        ("ts,app_id,metric,value\n1,a,,1\n", "line 2, column metric"),
        ("ts,app_id,x\n1,a,1\n2,a\n", "line 3: the row has 2 fields, the header 3"),
        ("ts,app_id,x\n1,two words,1\n", "line 2, column app_id: 'two words' is no application name"),
        ("ts,app_id,x,x\n1,a,1,2\n", "column x: the header names the column twice"),
        ("ts,app_id,kind\n1,a,web\n", "no column holds numbers"),
    ],
)
def test_errors_say_where_and_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TraceError) as caught:
        read_trace(write(tmp_path, text))
    assert message in str(caught.value)
    assert "trace.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_traces(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="No such file"):
        read_trace(tmp_path / "absent.csv")
    with pytest.raises(TraceError, match="cannot be read"):
        read_trace(tmp_path)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(b"ts,app_id,x\n" + b"".join(b"%d,a,%d\n" % (i, i * i) for i in range(5000)))[:-800])
    with pytest.raises(TraceError, match="damaged or cut short"):
        read_trace(cut)
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"ts,app_id,x\n1,caf\xe9,1\n")
    with pytest.raises(TraceError, match="not UTF-8"):
        read_trace(latin)
