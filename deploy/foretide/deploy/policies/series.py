"""What an application used, as a rule sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretide.deploy.backtest.application import ApplicationRun


@dataclass(frozen=True, slots=True)
class Series:
    """One application's samples in time order: epoch milliseconds, compute as a share of a card, memory in bytes; None
    where a sample lacks one."""

    app: str
    times: Sequence[int]
    compute: Sequence[float | None]
    memory: Sequence[float | None]


def series_of(run: ApplicationRun) -> Series:
    """The samples of a backtest's application."""
    return Series(
        run.app,
        [s.at_ms for s in run.sizing],
        [s.compute for s in run.sizing],
        [s.memory for s in run.sizing],
    )
