"""Traces as they come: gaps, irregular steps, no change, level shifts, applications that come and go."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path

import pytest

from foretide.deploy.backtest.run import BacktestSettings, backtest
from foretide.deploy.backtest.sources import from_trace
from support.tracefile import START

Row = tuple[float, str, float | None, float | None]
"""Seconds from the start, application, duty in %, MiB."""


def wave(n: int) -> float:
    return round(40 + 30 * math.sin(n / 9) + n * 7 % 5, 3)


ODD: dict[str, list[Row]] = {
    "missing samples": [
        (60 * n, "a", None if n % 4 == 1 else wave(n), None if 60 < n < 90 else 9000 + n % 5)
        for n in range(150)
        if not 100 <= n < 110
    ],
    "irregular steps": [(60 * n + n * n % 47 + (n > 70) * 9000, "a", wave(n), 9000 + n % 7) for n in range(150)],
    "constant": [(60 * n, "a", 40, 9000) for n in range(150)],
    "nothing used": [(60 * n, "a", 0, 0) for n in range(150)],
    "level shifts": [
        (60 * n, "a", 5 if n < 70 else 95, 9000 if n < 100 else 70_000 if n < 120 else 500) for n in range(150)
    ],
    "new and vanishing applications": [
        (60 * n, a, wave(n), 9000 + n % 4)
        for n in range(150)
        for a, first, last in (("first", 0, 60), ("later", 50, 150), ("briefly", 70, 73), ("back", 0, 150))
        if first <= n < last and not (a == "back" and 40 <= n < 110)
    ],
}


def write(path: Path, rows: Iterable[Row]) -> Path:
    """The trace; None is an empty cell."""
    lines = ["ts,app_id,gpu_duty_pct,gpu_mem_mib"]
    lines += [f"{START + t},{a},{'' if d is None else d},{'' if m is None else m}" for t, a, d, m in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("name", ODD)
def test_every_sample_has_every_forecast_finite_and_rising_with_the_level(name: str, tmp_path: Path) -> None:
    rows = ODD[name]
    trace = write(tmp_path / "odd.csv", rows)
    backtest(
        from_trace(trace, ()), BacktestSettings(out=tmp_path / "out", source=name, horizons=(5, 1, 15), report=False)
    )
    samples = {(a, "gpu_duty_pct", START + t) for t, a, d, _ in rows if d is not None}
    samples |= {(a, "gpu_mem_mib", START + t) for t, a, _, m in rows if m is not None}
    for file in ("predictions.csv", "predictions-h1.csv", "predictions-h15.csv"):
        with (tmp_path / "out" / file).open() as text:
            found = list(csv.DictReader(text))
        for kind in ("point", "peak"):
            issued = [(r["app_id"], r["signal"], float(r["issued_ts"])) for r in found if r["kind"] == kind]
            assert len(issued) == len(samples), "each once"
            assert set(issued) == samples
        for row in found:
            values = [float(row[q]) for q in ("q0.5", "q0.9", "q0.95", "q0.99")]
            assert all(map(math.isfinite, values))
            assert values == sorted(values)
            assert float(row["target_ts"]) > float(row["issued_ts"])


@pytest.mark.parametrize("name", ["constant", "nothing used"])
def test_what_never_changes_is_forecast_as_it_is(name: str, tmp_path: Path) -> None:
    trace = write(tmp_path / "odd.csv", ODD[name])
    backtest(from_trace(trace, ()), BacktestSettings(out=tmp_path / "out", source=name, report=False))
    with (tmp_path / "out" / "predictions.csv").open() as text:
        late = [r for r in csv.DictReader(text) if float(r["issued_ts"]) >= START + 60 * 60]
    for row in late:
        used = {"constant": {"gpu_duty_pct": 40.0, "gpu_mem_mib": 9000.0}}.get(name, {}).get(row["signal"], 0.0)
        assert float(row["q0.5"]) == pytest.approx(used, rel=0.01, abs=1e-3)


def test_after_a_level_shift_the_new_level_is_forecast(tmp_path: Path) -> None:
    trace = write(tmp_path / "odd.csv", ODD["level shifts"])
    backtest(from_trace(trace, ()), BacktestSettings(out=tmp_path / "out", source="shift", report=False))
    with (tmp_path / "out" / "predictions.csv").open() as text:
        end = [r for r in csv.DictReader(text) if r["kind"] == "point" and float(r["issued_ts"]) == START + 149 * 60]
    found = {r["signal"]: float(r["q0.5"]) for r in end}
    assert found["gpu_duty_pct"] == pytest.approx(95, abs=20)
    assert found["gpu_mem_mib"] < 20_000
