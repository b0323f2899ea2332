"""What a bank forecasts, as arrays: one number for each of its heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foretide.streams.fleet.features import AHEAD
from foretide.streams.fleet.network import KINDS, between
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.view import Doubles, Ints


@dataclass(frozen=True, slots=True)
class Plan:
    """The targets of a bank: `steps` ahead, `kinds` (places in KINDS) and `of_peaks` (1 where peaks are forecast).

    `network` (heads and heads,) are the places of the network's steps at the left of each head, then at the right;
    `share` is how much of the right answer is in a head's, the rest being of the left one. `day` (heads, 2)
    and `day_share` tell in the same way which two of the times a day ago are meant.
    """

    steps: Ints
    kinds: Ints
    of_peaks: Ints
    network: Ints
    share: Doubles
    day: Ints
    day_share: Doubles

    @classmethod
    def of(cls, targets: Sequence[Target]) -> Plan:
        """The plan of some targets."""
        steps = np.array([t.steps for t in targets], dtype=np.int64)
        before, after, part = between(steps.tolist())
        known = np.array([0, *AHEAD], dtype=np.int64)
        right = np.clip(np.searchsorted(known, steps, side="left"), 1, len(known) - 1)
        share = np.clip((steps - known[right - 1]) / (known[right] - known[right - 1]), 0.0, 1.0)
        return cls(
            steps,
            np.array([KINDS.index(t.kind) for t in targets], dtype=np.int64),
            np.array([t.kind == "peak" for t in targets], dtype=np.int64),
            np.concatenate([before, after]),
            part.astype(np.float64),
            np.stack([right - 1, right], axis=1),
            share,
        )
