"""River's models of one series: one scaler, and one linear head for each target, each kept as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from river import linear_model, optim, preprocessing

CLIP: Final = 10.0
"""Scaled inputs and targets beyond this are cut off: one outlier must not throw the weights."""


class LinearState(msgspec.Struct, array_like=True, frozen=True):
    """The models as numbers: the scaler's counts, means and variances by input; each head's weights, intercept and
    steps. Inputs are known by their place: an order that depended on string hashes would differ between processes."""

    inputs: list[int]
    counts: list[int]
    means: list[float]
    variances: list[float]
    heads: list[tuple[list[tuple[int, float]], float, int]]


class LinearModels:
    """Direct forecasts of scaled changes, learnt by the absolute error (their medians): River's LinearRegression."""

    __slots__ = ("_heads", "_scaler")

    def __init__(self, heads: int) -> None:
        self._scaler: Any = preprocessing.StandardScaler()
        self._heads: list[Any] = [
            linear_model.LinearRegression(
                optimizer=optim.SGD(0.01), loss=optim.losses.Quantile(alpha=0.5), intercept_lr=0.01
            )
            for _ in range(heads)
        ]

    def scale(self, raw: Sequence[float]) -> list[float]:
        """Learn the exogenous signals' spread and give them scaled; one that is not known (NaN) is as usual, and
        nothing is learnt of it."""
        named = {i: v for i, v in enumerate(raw) if v == v}
        if not named:
            return [0.0] * len(raw)
        self._scaler.learn_one(named)
        scaled = self._scaler.transform_one(named)
        return [min(max(scaled.get(i, 0.0), -CLIP), CLIP) for i in range(len(raw))]

    def predict(self, inputs: Sequence[float]) -> list[float]:
        """Each head's change, in units of the scale."""
        named = _named(inputs)
        return [float(head.predict_one(named)) for head in self._heads]

    def learn(self, head: int, inputs: Sequence[float], change: float) -> None:
        """The inputs at the time of issue, and the change that came."""
        self._heads[head].learn_one(_named(inputs), change)

    def dump(self) -> LinearState:
        """The models as numbers."""
        scaler = self._scaler
        places = sorted(scaler.counts)
        return LinearState(
            inputs=places,
            counts=[int(scaler.counts[i]) for i in places],
            means=[float(scaler.means[i]) for i in places],
            variances=[float(scaler.vars[i]) for i in places],
            heads=[
                (
                    [(i, float(w)) for i, w in sorted(h.weights.items())],
                    float(h.intercept),
                    int(h.optimizer.n_iterations),
                )
                for h in self._heads
            ],
        )

    @classmethod
    def load(cls, state: LinearState) -> LinearModels:
        """Models as they were dumped."""
        models = cls(len(state.heads))
        scaler = models._scaler
        for i, count, mean, variance in zip(state.inputs, state.counts, state.means, state.variances, strict=True):
            scaler.counts[i], scaler.means[i], scaler.vars[i] = count, mean, variance
        for head, (weights, intercept, steps) in zip(models._heads, state.heads, strict=True):
            for i, weight in weights:
                head._weights[i] = weight  # noqa: SLF001 -- River gives out a copy only
            head.intercept = intercept
            head.optimizer.n_iterations = steps
        return models


def _named(inputs: Sequence[float]) -> dict[int, float]:
    """Inputs by place, without those that are 0: they would neither add nor teach anything."""
    return {i: v for i, v in enumerate(inputs) if v}
