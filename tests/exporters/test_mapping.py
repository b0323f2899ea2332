"""Columns to signals, and back to the trace's numbers."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.exporters.errors import MappingError
from foretide.exporters.mapping import RULES, ColumnMapping, parse_map, standard_signal
from foretide.schemas.codec import encode, parse
from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.signals import STANDARD


@pytest.mark.parametrize(
    ("column", "signal", "scale"),
    [
        ("gpu_duty_pct", "gpu.sm_ratio", 0.01),
        ("gpu_mem_mib", "gpu.memory_bytes", 2.0**20),
        ("gpu_memory_used_bytes", "gpu.memory_bytes", 1.0),
        ("cpu_used_mhz", "cpu.cores", 0.001),
        ("cpu_used", "cpu.cores", 1.0),
        ("cpu_used_cores", "cpu.cores", 1.0),
        ("cpu_pct", "cpu.cores", 0.01),
        ("mem_used_mib", "memory.rss_bytes", 2.0**20),
        ("mem_used", "memory.rss_bytes", 1.0),
        ("mem_used_gb", "memory.rss_bytes", 1e9),
        ("host_mem_used_gib", "memory.rss_bytes", 2.0**30),
        ("net_rx_kbs", "network.receive_bytes_per_second", 1e3),
        ("network_transmit_bytes_per_second", "network.transmit_bytes_per_second", 1.0),
        ("disk_read_mbs", "disk.read_bytes_per_second", 1e6),
        ("gpu.power_watts", "gpu.power_watts", 1.0),
        ("gpu_power_w", "gpu.power_watts", 1.0),
        ("GPU Duty Pct", "gpu.sm_ratio", 0.01),
    ],
)
def test_the_usual_columns_are_known(column: str, signal: str, scale: float) -> None:
    assert ColumnMapping().resolve([column]) == {column: (signal, scale)}


@pytest.mark.parametrize(
    "column", ["host_mem_util", "cpu_cap_mhz", "mem_cap_mib", "net_kbs", "cpu_max", "mem_limit", "gpus_total", "cv"]
)
def test_other_columns_belong_to_the_application(column: str) -> None:
    assert ColumnMapping().resolve([column]) == {column: (f"app.{column}", 1.0)}


def test_every_rule_names_a_standard_signal_and_a_usable_scale() -> None:
    for pattern, signal, units in RULES:
        assert re.compile(pattern)
        assert signal in STANDARD
        assert units
        assert all(scale > 0 for scale in units.values())


def test_of_two_columns_for_one_signal_the_stronger_wins() -> None:
    resolved = ColumnMapping().resolve(["cpu_pct", "cpu_used_mhz"])
    assert resolved == {"cpu_pct": ("app.cpu_pct", 1.0), "cpu_used_mhz": ("cpu.cores", 0.001)}


def test_an_override_takes_the_signal_from_the_rules() -> None:
    mapping = ColumnMapping.from_options(["cpu.cores=cpu_pct*0.08", "app.load=qps"])
    assert mapping.resolve(["cpu_used_mhz", "cpu_pct", "qps"]) == {
        "cpu_used_mhz": ("app.cpu_used_mhz", 1.0),
        "cpu_pct": ("cpu.cores", 0.08),
        "qps": ("app.load", 1.0),
    }


def test_columns_that_describe_a_row_are_no_signals() -> None:
    assert ColumnMapping(ignored=frozenset({"x"})).resolve(["anomaly", "bin_s", "x", "y"]) == {"y": ("app.y", 1.0)}


def test_odd_names_become_distinct_signals() -> None:
    resolved = ColumnMapping().resolve(["a b", "a_b", "a/b", "%", "é" * 300])
    signals = [signal for signal, _ in resolved.values()]
    assert len(set(signals)) == len(signals)
    for signal in signals:
        window = TelemetryWindow(app="a", resource="r", source="s", start_ms=0, step_ms=1, signals={signal: [1.0]})
        assert parse("telemetry.v1", encode(window)) == window


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (["gpu.sm_ratio"], "is not SIGNAL=COLUMN"),
        (["gpu.smratio=x"], "is no signal"),
        (["app.=x"], "is no signal"),
        (["gpu.sm_ratio=x*0"], "no scale above 0"),
        (["gpu.sm_ratio=x*much"], "no scale above 0"),
        (["gpu.sm_ratio=x", "gpu.sm_ratio=y"], "comes from the column x already"),
        (["app.a=x", "app.b=x"], "mapped to app.a already"),
    ],
)
def test_unusable_options_are_refused_plainly(maps: list[str], message: str) -> None:
    with pytest.raises(MappingError, match=re.escape(message)):
        ColumnMapping.from_options(maps)


def test_an_override_of_a_missing_column_names_those_there_are() -> None:
    with pytest.raises(MappingError, match=r"no such column\. It has x, y"):
        ColumnMapping.from_options(["app.z=z"]).resolve(["x", "y"])


def test_a_column_name_may_hold_a_star_when_a_scale_follows() -> None:
    signal, column = parse_map("app.x=a*b*2")
    assert (signal, column.name, column.scale) == ("app.x", "a*b", 2.0)


@given(
    st.sampled_from([(p, u, s) for p, _, units in RULES for u, s in units.items()]),
    st.floats(1e-200, 1e200) | st.floats(-1e200, -1e-200) | st.just(0.0),
)
def test_values_come_back_in_the_traces_units(rule: tuple[str, str, float], value: float) -> None:
    scale = rule[2]
    sent = msgspec.json.decode(msgspec.json.encode(value * scale), type=float)
    assert abs(sent / scale - value) <= 1e-12 * abs(value)


def test_no_unit_is_not_a_unit() -> None:
    assert standard_signal("gpu_duty_") is None
    assert standard_signal("mem") is None
