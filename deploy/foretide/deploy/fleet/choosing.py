"""Which series are trained on, and at which of their places. No I/O; every choice follows from names and the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np

from foretide.streams.fleet.file import FleetHeader
from foretide.streams.fleet.network import STEPS

Share = Literal["all", "every other by hash"]
ALL: Final[Share] = "all"
EVERY_OTHER: Final[Share] = "every other by hash"

SHORTEST: Final = 4 * max(STEPS)
"""Samples that a series must have: with fewer, most of its rows would not know what came after them."""

EARLY: Final = 60
"""The first samples of a series, of which more rows are drawn than of others: an application is new at first."""

EARLY_SHARE: Final = 0.125
"""The share of a series' rows that are drawn from its first samples, if there are so many."""

Unfit = Literal["short", "constant"]


def takes(source: str, app: str, share: Share) -> bool:
    """Whether an application's series are trained on. All series of one stay together: they are too much alike for
    some to test what was learnt of others."""
    if share == ALL:
        return True
    return hashlib.sha256(f"{source}/{app}".encode()).digest()[0] % 2 == 0


def seen_in(header: FleetHeader, source: str) -> Callable[[str, str], bool]:
    """Whether a model was trained on a series of `source`, by its application and the source's name of its signal."""
    note = header.sources.get(source)
    if note is None:
        named = source in header.trained_on  # without numbers: all of it counts as seen
        return lambda app, signal: named
    share = EVERY_OTHER if note.share == EVERY_OTHER else ALL  # what is not understood counts as seen
    return lambda app, signal: (not note.signals or signal in note.signals) and takes(source, app, share)


def unfit(values: Sequence[float]) -> Unfit | None:
    """Why a series teaches nothing; None if it does."""
    if len(values) < SHORTEST:
        return "short"
    first = values[0]
    return "constant" if all(v == first for v in values) else None


def places(samples: int, rows: int, seed: int, name: str) -> list[int]:
    """At most `rows` different places of a series of so many `samples`, in order; a sample at least follows each, and
    one comes before, as the first one's scale is not known yet.

    They are drawn evenly, but for EARLY_SHARE of them, which lie among the first EARLY samples.
    """
    whole = max(0, samples - 2)
    if rows >= whole:
        return list(range(1, whole + 1))
    draw = np.random.default_rng(list(hashlib.sha256(f"{seed}/{name}".encode()).digest()))
    early = min(round(EARLY_SHARE * rows), EARLY - 1, whole)
    first = 1 + draw.choice(min(EARLY - 1, whole), size=early, replace=False)
    rest = np.setdiff1d(np.arange(1, whole + 1), first)
    found: list[int] = np.sort(np.concatenate([first, draw.choice(rest, size=rows - early, replace=False)])).tolist()
    return found
