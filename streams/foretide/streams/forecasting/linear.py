"""River's models: one scaler per rung, and one linear head per target, each kept as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from river import linear_model, optim, preprocessing

FEATURES: Final = 9
CLIP: Final = 10.0
"""Scaled features and targets beyond this are cut off: one outlier must not throw the weights."""

LinearState = tuple[list[float], float, int]
ScalerState = tuple[list[int], list[float], list[float]]


class LinearHead:
    """A direct forecast of a scaled change, learnt by the absolute error (its median): River's LinearRegression.

    Features are keyed by position: an order that depended on string hashes would differ between processes.
    """

    __slots__ = ("_model",)

    def __init__(self) -> None:
        self._model: Any = linear_model.LinearRegression(
            optimizer=optim.SGD(0.01), loss=optim.losses.Quantile(alpha=0.5), intercept_lr=0.01
        )

    def predict(self, features: dict[int, float]) -> float:
        """The change expected, in units of the scale."""
        return float(self._model.predict_one(features))

    def learn(self, features: dict[int, float], change: float) -> None:
        """The features at the time of issue, and the change that came."""
        self._model.learn_one(features, change)

    def dump(self) -> LinearState:
        """Weights in the order of the features, intercept, number of steps."""
        model = self._model
        weights = [float(model.weights[i]) for i in range(FEATURES)] if model.weights else []
        return weights, float(model.intercept), int(model.optimizer.n_iterations)

    @classmethod
    def load(cls, state: LinearState) -> LinearHead:
        """A head as it was dumped."""
        head = cls()
        weights, intercept, steps = state
        for i, weight in enumerate(weights):
            head._model._weights[i] = weight  # noqa: SLF001 -- River gives out a copy only
        head._model.intercept = intercept
        head._model.optimizer.n_iterations = steps
        return head


class Scaler:
    """River's StandardScaler over a rung's features, shared by all its heads."""

    __slots__ = ("_scaler",)

    def __init__(self) -> None:
        self._scaler: Any = preprocessing.StandardScaler()

    def scale(self, raw: Sequence[float]) -> dict[int, float]:
        """Learn the features' spread and give them scaled."""
        named = dict(enumerate(raw))
        self._scaler.learn_one(named)
        return {i: min(max(v, -CLIP), CLIP) for i, v in self._scaler.transform_one(named).items()}

    def dump(self) -> ScalerState:
        """Counts, means and variances in the order of the features."""
        s = self._scaler
        known = sorted(s.counts)
        return [int(s.counts[i]) for i in known], [float(s.means[i]) for i in known], [float(s.vars[i]) for i in known]

    @classmethod
    def load(cls, state: ScalerState) -> Scaler:
        """A scaler as it was dumped."""
        scaler = cls()
        for i, (count, mean, variance) in enumerate(zip(*state, strict=True)):
            scaler._scaler.counts[i] = count
            scaler._scaler.means[i] = mean
            scaler._scaler.vars[i] = variance
        return scaler
