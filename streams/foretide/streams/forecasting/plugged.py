"""Experts of the user's choice: River regressors by name, one model for each head of each series.

They see what the built-in linear regression sees, and forecast the same: the change from the last value in units of the
scale. A model whose state cannot be kept as plain data and put back to behave the same is refused at the start.
"""

from __future__ import annotations

import importlib
import inspect
import random
from collections.abc import Sequence
from functools import cache
from math import isfinite
from typing import Any, Final

from river import base

from foretide.schemas.errors import ForetideError
from foretide.streams.forecasting.plain import NotPlainError, from_bytes, to_bytes

CLIP: Final = 10.0
SEED: Final = 20
_TRIED: Final = 40


class PluggedError(ForetideError):
    """A name in the setting `experts` that cannot be used; `str()` names it and says why."""


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """The names, if each is one of a River regressor that can be kept; PluggedError otherwise."""
    for name in names:
        _check(name)
    if len(set(names)) != len(names):
        raise PluggedError(f"experts: a name is given twice in {', '.join(names)}")
    return tuple(names)


@cache
def _check(name: str) -> None:
    model = _built(name)
    draw = random.Random(SEED)
    try:
        for _ in range(_TRIED):
            model.learn_one({0: draw.gauss(0, 1), 1: draw.gauss(0, 1)}, draw.gauss(0, 1))
        again = from_bytes(to_bytes(model))
        for _ in range(_TRIED):
            inputs, outcome = {0: draw.gauss(0, 1), 1: draw.gauss(0, 1)}, draw.gauss(0, 1)
            if model.predict_one(inputs) != again.predict_one(inputs):
                raise NotPlainError("it forecasts something else after it was put back")
            model.learn_one(inputs, outcome)
            again.learn_one(inputs, outcome)
    except NotPlainError as e:
        raise PluggedError(
            f"experts: the state of river.{name} cannot be kept in a snapshot: {e}. Choose another, for instance "
            "linear_model.PARegressor or tree.HoeffdingTreeRegressor."
        ) from e


def _built(name: str) -> Any:
    module, _, short = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(f"river.{module}"), short)
    except (ImportError, AttributeError) as e:
        raise PluggedError(
            f"experts: there is no river.{name}. Name a regressor as River does, for instance linear_model.PARegressor."
        ) from e
    if not (isinstance(found, type) and issubclass(found, base.Regressor)):
        raise PluggedError(f"experts: river.{name} is no regressor")
    try:
        return found(seed=SEED) if "seed" in inspect.signature(found).parameters else found()
    except TypeError as e:
        raise PluggedError(f"experts: river.{name} cannot be made without arguments ({e}); choose another") from e


class PluggedModels:
    """The models of one series: one of each name for each head."""

    __slots__ = ("_heads",)

    def __init__(self, names: Sequence[str], heads: int) -> None:
        self._heads: list[list[Any]] = [[_built(name) for name in names] for _ in range(heads)]

    def predict(self, inputs: Sequence[float]) -> list[list[float]]:
        """Each head's changes, one of each model, in units of the scale."""
        named = dict(enumerate(inputs))
        return [[_bounded(model.predict_one(named)) for model in models] for models in self._heads]

    def learn(self, head: int, inputs: Sequence[float], change: float) -> None:
        """The inputs at the time of issue, and the change that came."""
        named = dict(enumerate(inputs))
        for model in self._heads[head]:
            model.learn_one(named, change)

    def dump(self) -> bytes:
        """The models as plain data."""
        return to_bytes(self._heads)

    @classmethod
    def load(cls, names: Sequence[str], heads: int, kept: bytes) -> PluggedModels:
        """Models as they were dumped; ValueError if they were others."""
        models = cls((), 0)
        try:
            models._heads = from_bytes(kept)
            fits = [[type(m) for m in row] for row in models._heads] == [[type(_built(n)) for n in names]] * heads
        except (NotPlainError, TypeError) as e:
            raise ValueError(f"plugged models cannot be read: {e}") from e
        if not fits:
            raise ValueError("a row with other plugged models")
        return models


def _bounded(change: float | None) -> float:
    value = float(change or 0.0)
    return min(max(value, -CLIP), CLIP) if isfinite(value) else 0.0
