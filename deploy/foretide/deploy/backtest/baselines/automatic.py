"""statsforecast's models that choose themselves: AutoETS and AutoARIMA, where that package is installed.

A model is chosen and fitted now and then on a bounded past, and in between carried over the newer samples as it is:
fitting at every sample would take hours.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from foretide.deploy.backtest.baselines.rule import NOTHING, Named, Rule, Told
from foretide.deploy.backtest.errors import BacktestError

WINDOW: Final = 300
"""Samples a model is fitted on, and carried over."""
REFIT: Final = 100
"""Samples between two fits."""
FIRST: Final = 60
"""Samples before the first one."""
BOTH_SIDES: Final = 80
"""The width in % of the interval whose upper end is the .9 quantile."""


class Automatic:
    """Says nothing during the first samples. `make` gives an unfitted model of statsforecast."""

    def __init__(self, make: Callable[[], Any], steps: int) -> None:
        self._make = make
        self._steps = steps
        self._values: deque[float] = deque(maxlen=WINDOW)
        self._until_fit = FIRST
        self._model: Any = None

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Remember it; fit anew when it is time."""
        self._values.append(value)
        self._until_fit -= 1
        if self._until_fit == 0:
            self._until_fit = REFIT
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of numbers it tried on the way and gave up
                self._model = self._make().fit(np.array(self._values))

    def forecast(self) -> Told:
        """Its expected value, and the .9 quantile by its own interval; nothing where it lost its numbers."""
        if self._model is None:
            return NOTHING
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = self._model.forward(y=np.array(self._values), h=self._steps, level=[BOTH_SIDES])
        median = float(np.asarray(told["mean"])[-1])
        upper = float(np.asarray(told[f"hi-{BOTH_SIDES}"])[-1])
        return Told(median, upper) if math.isfinite(median) and math.isfinite(upper) else NOTHING


def _named(name: str, model: str) -> Named:
    def make(signal: str, steps: int) -> Rule:
        models = importlib.import_module("statsforecast.models")
        return Automatic(lambda: getattr(models, model)(season_length=1), steps)

    words = f"statsforecast, without a season; fitted on {WINDOW} samples every {REFIT}, carried on in between"
    return Named(name, words, make)


OPTIONAL: Final = {"autoets": _named("AutoETS", "AutoETS"), "autoarima": _named("AutoARIMA", "AutoARIMA")}
"""By the name they are asked for with."""


def optional_baselines(names: Iterable[str]) -> tuple[Named, ...]:
    """Those of `OPTIONAL` that were asked for, each once; BacktestError if their package is not installed."""
    chosen = tuple(OPTIONAL[name] for name in dict.fromkeys(names))
    if chosen and find_spec("statsforecast") is None:
        verb = "comes" if len(chosen) == 1 else "come"
        raise BacktestError(
            f"--baseline: {' and '.join(b.name for b in chosen)} {verb} from statsforecast, which is not installed. "
            "Install it with: pip install 'foretide[baselines]'"
        )
    return chosen
