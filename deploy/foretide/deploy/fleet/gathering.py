"""Rows from a source: its series one after the other, those that teach nothing left out and counted. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from foretide.deploy.fleet.choosing import Share, places, takes, unfit
from foretide.deploy.fleet.sources import Source
from foretide.streams.fleet.file import SourceNote
from foretide.streams.fleet.rows import Rows, rows_of


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a source gave. Of its series, `series` are trained on, `left` are left to test with, `short` have too few
    samples and `constant` never change; `rows` were drawn, and `unreadable` records of a topic passed over."""

    source: str
    series: int
    rows: int
    left: int
    short: int
    constant: int
    unreadable: int
    share: Share
    signals: tuple[str, ...]

    @property
    def note(self) -> SourceNote:
        """What the model's file says of it."""
        return SourceNote(series=self.series, rows=self.rows, share=self.share, signals=self.signals)


def gather(
    source: Source, share: Share, rows_per_series: int, seed: int, told: Callable[[int, int], None]
) -> tuple[Gathered, list[Rows]]:
    """The rows of a source, each series' as one part. `told` hears how many series are done, and of how many."""
    parts: list[Rows] = []
    left, series, counts = 0, 0, {"short": 0, "constant": 0}
    signals: set[str] = set()
    for done, one in enumerate(source.series, start=1):
        reason = unfit(one.values)
        if reason is not None:
            counts[reason] += 1
        elif not takes(source.name, one.app, share):
            left += 1
        else:
            picked = places(len(one.values), rows_per_series, seed, f"{source.name}/{one.app}/{one.signal}")
            parts.append(rows_of(one.times_ms, one.values, picked))
            series += 1
            signals.add(one.signal)
        told(done, max(done, source.whole))
    rows = sum(len(part.inputs) for part in parts)
    return (
        Gathered(
            source=source.name,
            series=series,
            rows=rows,
            left=left,
            short=counts["short"],
            constant=counts["constant"],
            unreadable=source.unreadable,
            share=share,
            signals=tuple(sorted(signals)),
        ),
        parts,
    )


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows together; at least one part is needed."""
    return Rows(np.concatenate([p.inputs for p in parts]), np.concatenate([p.targets for p in parts]))
