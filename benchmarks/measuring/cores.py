"""A core for what is measured and the others for all else, as one runs a worker a core beside a broker elsewhere.

Without that, broker and producer take turns with the worker on both of two cores, and answers wait for turns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cores:
    """`own`: the cores of processes started as `measured`; `other`: those of this process and of all others that it
    starts. Equal where there is one core, or where a system cannot tell processes their cores."""

    own: frozenset[int] = frozenset()
    other: frozenset[int] = frozenset()

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Processes that are started inside run on the own core."""
        if self.own == self.other:
            yield
            return
        os.sched_setaffinity(0, self.own)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.other)

    def __str__(self) -> str:
        return "on a core of its own" if self.own != self.other else "on any core"


ANY: Final = Cores()
"""All processes on all cores."""


def apart() -> Cores:
    """Leave one of this process's cores to what is measured, from now on."""
    if not hasattr(os, "sched_setaffinity"):
        return ANY
    every = frozenset(os.sched_getaffinity(0))
    if len(every) < 2:
        return ANY
    own = frozenset({max(every)})
    os.sched_setaffinity(0, every - own)
    return Cores(own, every - own)
