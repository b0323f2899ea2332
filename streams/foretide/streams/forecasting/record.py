"""What is kept of one series at one resolution: a fixed record of numbers, the same for all series with its targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.features import RULES
from foretide.streams.forecasting import autoregression, brief, echo
from foretide.streams.forecasting.experts import EXPERTS
from foretide.streams.forecasting.skill import STEPS as SKILL_STEPS
from foretide.streams.forecasting.targets import LEVELS, Target

MEMORY: Final = 96
"""Errors and outcomes that quantiles are taken from: enough for a .99 that is near the largest, few enough to follow a
change."""

SHAPE: Final = 9
CALENDAR: Final = 4
EXOGENOUS: Final = 4
"""Exogenous signals that are listened to."""
PLAIN: Final = SHAPE + CALENDAR + EXOGENOUS
"""Inputs of River's heads."""
INPUTS: Final = PLAIN + echo.UNITS + 1
"""Inputs of the refinement: those, the echo-state units, and a constant."""

PHASES: Final = 8
"""Phases whose levels are kept."""

UPPER: Final = len(LEVELS) - 1
WAYS: Final = ("errors", "outcomes", "fleet", "refined")
"""Ways to spread: the centre and errors before, outcomes before, the network, the network refined."""


SUMS: Final = ("use", "error", "slack90", "slack99", "unmet99", "above99")
"""Faded sums over outcomes: the outcome's size; the centre's absolute error; how far the .9 and .99 quantiles stood
above it; how far it stood above the .99 one; how often it did."""
ERROR: Final = SUMS.index("error")

PENDING: Final = ("experts", "mixture", "ways", "issued")
"""Of each head's forecasts what is kept in the ring until the outcome is known; a head that looks less far ahead than
the ring is long has done with the rest of its places."""

GROWTH: Final = 16
"""A full bank grows by one part in so many: doubling would leave half of a large worker's memory unused. Large arrays
are not copied for it: the system moves their pages."""


def depth(targets: Sequence[Target]) -> int:
    """Steps that a forecast must be remembered for."""
    return max((t.steps for t in targets), default=1)


def record_of(targets: Sequence[Target], look_back: int, plugged: int) -> np.dtype[np.void]:
    """The record's layout. `plugged` counts experts beyond the built-in ones."""
    heads, ring, experts = len(targets), depth(targets), len(EXPERTS) + plugged
    return _laid_out(
        [
            ("steps", "i8"),
            ("since", "i8"),
            ("change", "f8"),
            ("smoothed", "f4", (2,)),
            ("means", "f4", (look_back,)),
            ("peaks", "f4", (look_back,)),
            ("ar_weights", "f8", (autoregression.WEIGHTS,)),
            ("ar_spread", "f4", (autoregression.HALF,)),
            ("ar_frame", "f8", (2,)),
            ("skill", "f4", (RULES + 1,)),
            ("said", "f4", (SKILL_STEPS, RULES + 1)),
            ("echo", "f4", (echo.UNITS,)),
            ("phase", "f4", (PHASES, 2)),
            ("phase_steps", "i4", (PHASES,)),
            ("scaler", "f8", (EXOGENOUS, 3)),
            ("linear", "f4", (heads, PLAIN + 1)),
            ("refined", "f2", (heads, len(LEVELS), INPUTS)),
            ("inputs", "f2", (ring, INPUTS)),
            ("frame", "f4", (ring, 3)),
            ("experts", "f2", (heads, ring, experts)),
            ("mixture", "f2", (heads, ring)),
            ("trial", "f4", (heads, 2)),
            ("ways", "f2", (heads, ring, UPPER, len(WAYS))),
            ("issued", "f2", (heads, ring, 3)),
            ("losses", "f4", (heads, experts)),
            ("spread", "f4", (heads, UPPER, len(WAYS))),
            ("errors", "u2", (heads, MEMORY)),
            ("known", "i8", (heads,)),
            ("covered", "f8", (heads,)),
            ("pinball", "f4", (heads, 2)),
            ("sums", "f4", (heads, len(SUMS))),
            ("surprise", "f8", (heads,)),
            ("quantiles", "f8", (heads, len(LEVELS))),
        ]
    )


def _laid_out(fields: Sequence[tuple[Any, ...]]) -> np.dtype[np.void]:
    """The largest numbers first, and filled up to a multiple of eight bytes: so all are aligned, which compiled
    functions count on, and there is no byte that belongs to no field, whose content would be anything."""
    ordered = sorted(fields, key=lambda field: -np.dtype(field[1]).itemsize)
    left = -np.dtype(ordered).itemsize % 8
    return np.dtype([*ordered, ("filler", "u1", (left,))] if left else ordered)


def blank(record: np.dtype[np.void]) -> NDArray[np.void]:
    """The record of a series that has no step yet."""
    row = np.zeros((), dtype=record)
    row["ar_weights"][0] = 1.0
    autoregression.folded(autoregression.START, row["ar_spread"])
    row["errors"] = brief.INFINITE
    return row
