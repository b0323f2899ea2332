"""Keeps Python's cyclic collector off the applications' states.

States live as long as the assignment; the collector does not know that and walks over all of them again and again: with
600 applications 0.2 s each time, more than a tenth of a worker's processor time. What it is there for, cycles among
short-lived objects, is scarce here.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Hashable
from typing import Final

THRESHOLDS: Final = (50_000, 20, 50)
"""Objects made and not yet freed before the young are looked at (a batch of windows makes some thousands, and reference
counting frees them); how often the young before the middle, and the middle before the old. Python's: 700, 10, 10."""


class Collector:
    """Asked now and then by the worker; there is one in a process."""

    def __init__(self) -> None:
        self._settled: Hashable = None
        self._asleep = 0
        self._before = gc.get_threshold()
        gc.set_threshold(*THRESHOLDS)

    def look(self, settled: Hashable, asleep: int = 0) -> bool:
        """Set aside all that lives, once for each value of `settled`, which stands for an assignment that is restored;
        None while there is none; and again whenever half of those that were `asleep`, or the last, have awoken. Whether
        that was done now.

        What was set aside for another assignment is collected first: it may have left cycles. That takes a third of
        a millisecond for each application, right after a rebalance, which is a pause anyway. Later only what has awoken
        since is looked at.
        """
        if settled is None:
            return False
        if settled != self._settled:
            gc.unfreeze()
        elif 2 * asleep > self._asleep or not self._asleep:
            return False
        gc.collect()
        gc.freeze()
        _give_back_memory()
        self._settled, self._asleep = settled, asleep
        return True

    def close(self) -> None:
        """Leave the collector as it was found."""
        gc.unfreeze()
        gc.set_threshold(*self._before)


def _give_back_memory() -> None:
    """Let the system have what restoring has freed: for many applications that is as much as their states."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; others give memory back by themselves, or never
    if trim is not None:
        trim(0)
