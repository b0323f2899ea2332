"""A backtest with a trace beside: the profile is told of it, and none of it is forecast."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

from foretide.deploy.backtest.errors import BacktestError
from foretide.deploy.backtest.naming import wanted_signals
from foretide.deploy.backtest.run import BacktestSettings, backtest
from foretide.deploy.backtest.sources import from_trace
from foretide.deploy.commands.backtest import command
from foretide.schemas.codec import encode, parse
from support.tracefile import START, write_trace

SAMPLES = 60


@pytest.fixture
def pods(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "pods.csv.gz", SAMPLES)


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A service's load, half a minute off the pods' clock, from their eleventh sample on."""
    path = tmp_path / "service.csv"
    rows = [f"{START + 60 * n - 30},service,{50 + 10 * math.sin(n):.3f}" for n in range(10, SAMPLES)]
    path.write_text("\n".join(["ts,app_id,qps", *rows]) + "\n")
    return path


def signals_in(folder: Path) -> set[str]:
    with (folder / "predictions.csv").open() as file:
        return {row["signal"] for row in csv.DictReader(file)}


def test_every_window_carries_the_latest_reading_and_absent_ones_are_none(pods: Path, service: Path) -> None:
    applications = from_trace(pods, (), (service,))
    assert set(applications) == {"pod-0", "pod-1", "pod-2"}
    for windows in applications.values():
        for window in windows:
            sample = (window.start_ms // 1000 - START) // 60
            expected = round(50 + 10 * math.sin(sample), 3) if sample >= 10 else None
            assert window.signals["app.qps"] == [expected]


def test_what_was_laid_beside_is_not_wanted_even_after_the_wire(pods: Path, service: Path) -> None:
    window = from_trace(pods, (), (service,))["pod-0"][30]
    again = parse("telemetry.v1", encode(window))
    assert again == window
    own = ("gpu.sm_ratio", "gpu.memory_bytes", "app.queue")
    assert set(wanted_signals(again, None)) == set(own)
    assert wanted_signals(again, frozenset({"app.qps", "qps"})) == ()
    assert wanted_signals(again, frozenset({"queue", "app.qps"})) == ("app.queue",)


def test_the_command_forecasts_the_first_trace_only(pods: Path, service: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["--trace", str(pods), "--beside", str(service), "--out", str(out), "--jobs", "1", "--no-report"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert signals_in(out) == {"gpu_duty_pct", "gpu_mem_mib", "queue"}
    assert f'"source": "{pods} beside {service}"' in (out / "summary.json").read_text()


def test_asking_for_a_signal_laid_beside_is_refused(pods: Path, service: Path, tmp_path: Path) -> None:
    settings = BacktestSettings(out=tmp_path / "out", source="pods", signals=frozenset({"qps"}), report=False)
    with pytest.raises(BacktestError, match=r"none of qps is there; there are gpu_duty_pct, gpu_mem_mib, queue$"):
        backtest(from_trace(pods, (), (service,)), settings)


def test_a_topic_takes_no_trace_beside(service: Path, tmp_path: Path) -> None:
    arguments = ["--bootstrap", "127.0.0.1:1", "--beside", str(service), "--out", str(tmp_path)]
    result = CliRunner().invoke(command, arguments)
    assert (result.exit_code, "--beside goes with --trace" in result.stderr) == (2, True)
