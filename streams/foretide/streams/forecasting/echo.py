"""An echo-state network: a small fixed recurrent network whose state remembers a series in its own way.

Jaeger, The echo state approach to analysing and training recurrent neural networks (2001). Its read-out is learnt with
the other inputs of `refinement`. The weights are drawn once, the same in every process.
"""

from __future__ import annotations

from math import tanh
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled

Floats = NDArray[np.float32]

UNITS: Final = 12
RADIUS: Final = 0.9
"""The spectral radius: below 1 the state forgets where it began."""
LEAK: Final = np.geomspace(0.6, 0.03, UNITS).astype(np.float32)
"""How much of a unit is new at each step: some remember two steps, some thirty."""


def _drawn() -> tuple[Floats, Floats]:
    draw = np.random.Generator(np.random.PCG64(20))
    inner = draw.uniform(-1.0, 1.0, (UNITS, UNITS)) * (draw.random((UNITS, UNITS)) < 0.3)
    radius = max(float(np.abs(np.linalg.eigvals(inner)).max()), 1e-9)
    # Rounded, so that another linear algebra library draws the same network.
    return (inner * (RADIUS / radius)).round(3).astype(np.float32), draw.uniform(-1.0, 1.0, UNITS).round(3).astype(
        np.float32
    )


INNER, INPUT = _drawn()


@compiled
def step(units: Any, change: float) -> None:
    """Make the `units` (UNITS,) what they are after a `change` of the series in units of its scale."""
    before = units.copy()
    for unit in range(UNITS):
        drive = change * INPUT[unit]
        for other in range(UNITS):
            drive += before[other] * INNER[unit, other]
        units[unit] = (1 - LEAK[unit]) * before[unit] + LEAK[unit] * tanh(drive)
