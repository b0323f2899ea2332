"""The experts whose forecasts are mixed: plain references, models of the one series, and the model of all series."""

from __future__ import annotations

from typing import Final

EXPERTS: Final = (
    "last",
    "mean12",
    "ewma",
    "max12",
    "max48",
    "day",
    "ar",
    "linear",
    "fleet",
    "refined",
    "phase",
    "told",
)
"""Every built-in expert, in the order of their forecasts.

last, mean12, ewma, max12, max48: the last step, the mean and exponential mean of the latest, their maxima.
day: the last step, moved as a day ago. ar: an autoregression (`autoregression`). linear: River's linear regression
(`linear`). fleet: the network that all applications share. refined: the same, refined for this series (`refinement`).
phase: what is usual in the application's phase (`phases`). told: what exogenous signals tell (`told`).
"""

LAST: Final = EXPERTS.index("last")
FLEET: Final = EXPERTS.index("fleet")
REFERENCES: Final = tuple(EXPERTS.index(name) for name in ("last", "mean12", "ewma", "max12", "max48", "day"))
"""The rules that learn nothing: the best of them of late is the leader that forecasts are measured by."""
