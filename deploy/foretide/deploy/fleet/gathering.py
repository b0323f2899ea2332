"""Rows from a source: its series many at a time, those that teach nothing left out and counted. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from foretide.deploy.fleet.choosing import ALL, Share, places, takes, unfit
from foretide.deploy.fleet.sources import Series, Source
from foretide.streams.fleet.file import SourceNote
from foretide.streams.fleet.rows import Rows, rows_of
from foretide.streams.fleet.rows import Series as Steps
from foretide.streams.fleet.variants import tail, variants

SIDE_BY_SIDE: Final = 256
"""Series and variants that are gone through together: more are no faster, and progress is told less often."""

LONGEST: Final = 30_000
"""Steps of a series that are looked at, its latest."""

RANDOM_ROWS: Final = 450
"""Rows of a series of a random family, at most: they are many and are not to outweigh what was recorded."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn from a series."""

    rows: int = 1200
    """Rows of a series, and of each variant of it, at most: a long one is not to count for more than a short one."""
    variants: bool = True
    """Whether variants of recorded series are drawn from too."""


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
    source: Source, share: Share, drawing: Drawing, seed: int, told: Callable[[int, int], None]
) -> tuple[Gathered, list[Rows]]:
    """The rows of a source, in parts. `told` hears how many series are done, and of how many, as a part is."""
    parts: list[Rows] = []
    group: list[Steps] = []
    left, series, done, counts = 0, 0, 0, {"short": 0, "constant": 0}
    share = ALL if source.random else share
    signals: set[str] = set()
    for done, one in enumerate(source.series, start=1):
        reason = unfit(one.values)
        if reason is not None:
            counts[reason] += 1
        elif not takes(source.name, one.app, share):
            left += 1
        else:
            group.extend(_drawn(source, one, drawing, seed))
            series += 1
            signals.add(one.signal)
        if len(group) >= SIDE_BY_SIDE:
            parts.append(rows_of(group))
            group.clear()
            told(done, max(done, source.whole))
    if group:
        parts.append(rows_of(group))
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


def _drawn(source: Source, one: Series, drawing: Drawing, seed: int) -> Iterator[Steps]:
    """What is learnt from of a series, with the places of its rows."""
    name = f"{source.name}/{one.app}/{one.signal}"
    series = tail(Steps(one.times_ms, one.values, one.values if one.peaks is None else one.peaks, ()), LONGEST)
    found: Iterator[tuple[str, Steps]] = iter([("", series)])
    rows = min(drawing.rows, RANDOM_ROWS) if source.random else drawing.rows
    if drawing.variants and not source.random:
        draw = np.random.default_rng(list(hashlib.sha256(f"{seed}/{name}/variants".encode()).digest()))
        found = variants(series, draw)
    for kind, steps in found:
        if unfit(steps.means) is None:
            yield replace(steps, picked=places(len(steps.means), rows, seed, f"{name}/{kind}"))


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows together; at least one part is needed."""
    return Rows(np.concatenate([p.inputs for p in parts]), np.concatenate([p.targets for p in parts]))
