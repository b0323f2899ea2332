"""Models of statsforecast: fitted now and then, carried on in between; a plain line where they are not installed."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np
import pytest

from foretide.deploy.backtest.baselines.automatic import FIRST, OPTIONAL, REFIT, WINDOW, Automatic, optional_baselines
from foretide.deploy.backtest.baselines.rule import NOTHING, Told
from foretide.deploy.backtest.errors import BacktestError
from support.program import run_program
from support.tracefile import write_trace

INSTALLED = importlib.util.find_spec("statsforecast") is not None


class Drift:
    """A model that goes on by the mean change of what it was fitted on, from the end of what it is carried over."""

    fits: list[int]

    def __init__(self, fits: list[int], *, lost: bool = False) -> None:
        self.fits = fits
        self.lost = lost
        self.slope = 0.0

    def fit(self, y: Any) -> Drift:
        self.fits.append(len(y))
        self.slope = float(np.diff(y).mean())
        return self

    def forward(self, y: Any, h: int, level: list[int]) -> dict[str, Any]:
        mean = y[-1] + self.slope * np.arange(1, h + 1)
        return {"mean": mean * (math.nan if self.lost else 1), f"hi-{level[0]}": mean + 1}


def test_it_is_fitted_now_and_then_and_carried_over_every_sample() -> None:
    fits: list[int] = []
    rule = Automatic(lambda: Drift(fits), 5)
    for n in range(600):
        rule.observe(n, 2.0 * n, 1)
        told = rule.forecast()
        assert told == (NOTHING if n < FIRST - 1 else Told(2.0 * (n + 5), 2.0 * (n + 5) + 1))
    assert fits == [min(n, WINDOW) for n in range(FIRST, 601, REFIT)]


def test_a_model_that_lost_its_numbers_says_nothing() -> None:
    rule = Automatic(lambda: Drift([], lost=True), 5)
    for n in range(FIRST):
        rule.observe(n, float(n), 1)
    assert rule.forecast() == NOTHING


@pytest.mark.skipif(INSTALLED, reason="statsforecast is installed here")
def test_without_the_package_it_is_told_in_a_line(tmp_path: Any) -> None:
    with pytest.raises(BacktestError, match=r"AutoETS comes from statsforecast, which is not installed"):
        optional_baselines(["autoets", "autoets"])
    trace = write_trace(tmp_path / "pods.csv", samples=20)
    given = ("--trace", str(trace), "--out", str(tmp_path / "out"), "--baseline", "autoets", "--baseline", "autoarima")
    done = run_program("foretide", "backtest", *given)
    assert done.returncode != 0
    assert "AutoETS and AutoARIMA come from statsforecast" in done.stderr
    assert "pip install 'foretide[baselines]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not INSTALLED, reason="statsforecast is not installed (the extra baselines)")
@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.filterwarnings("ignore")
def test_the_real_models_go_on_along_a_trend_and_stand_odd_series(name: str) -> None:
    values = {"trend": [3.0 * n for n in range(80)], "constant": [7.0] * 80, "zero": [0.0] * 80}
    for kind, row in values.items():
        rule = OPTIONAL[name].make("gpu.sm_ratio", 5)
        for n, value in enumerate(row):
            rule.observe(n, value, 1)
        told = rule.forecast()
        assert told.median == pytest.approx({"trend": 3.0 * 84, "constant": 7.0, "zero": 0.0}[kind], rel=0.05, abs=0.05)
        assert told.median is not None
        assert told.upper is not None
        assert told.upper >= told.median - 1e-6
