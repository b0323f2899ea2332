"""Scorecards as rows, the worst first, and their totals. No I/O."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from foretide.schemas.messages import Scorecard


@dataclass(frozen=True, slots=True)
class Row:
    """One application's scores of one signal at one horizon, as in `SignalScore`; `at_ms` is event time."""

    app: str
    signal: str
    horizon_seconds: float
    coverage90: float
    pinball90_ratio: float | None
    error_ratio: float | None
    outcomes: int
    at_ms: int
    leader_ratio: float | None = None
    slack90: float | None = None
    slack99: float | None = None
    unmet99: float | None = None
    above99: float | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """Medians over applications of one signal at one horizon, or of everything (`signal` None).

    A ratio is known of `known` of the `applications`; `worse_than_last` is the share of these whose pinball ratio is
    above 1. Over everything an application counts by the median of its ratios. None: known of none.
    """

    signal: str | None
    horizon_seconds: float | None
    applications: int
    known: int
    coverage90: float | None
    pinball90_ratio: float | None
    error_ratio: float | None
    worse_than_last: float | None
    leader_ratio: float | None = None
    slack90: float | None = None
    slack99: float | None = None
    unmet99: float | None = None
    above99: float | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of models of one application, as in `ModelChange`."""

    app: str
    signal: str
    horizon_seconds: float
    kind: str
    before: str
    after: str
    loss_ratio: float | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Report:
    """The rows, the worst first, the totals, the one over everything last, and the changes of models that these
    scorecards tell, the latest last."""

    scores: tuple[Row, ...]
    totals: tuple[Total, ...]
    changes: tuple[Changed, ...] = ()


def report_of(cards: Iterable[Scorecard]) -> Report:
    """The report over the newest scorecard of each application."""
    cards = tuple(cards)
    rows = rows_of(cards)
    return Report(rows, totals_of(rows), changes_of(cards))


def rows_of(cards: Iterable[Scorecard]) -> tuple[Row, ...]:
    """A row for each score; the largest pinball ratio first, what is unknown last."""
    rows = [
        Row(
            app=card.app,
            signal=s.signal,
            horizon_seconds=s.horizon_seconds,
            coverage90=s.coverage90,
            pinball90_ratio=s.pinball90_ratio,
            error_ratio=s.error_ratio,
            outcomes=s.outcomes,
            at_ms=card.at_ms,
            leader_ratio=s.leader_ratio,
            slack90=s.slack90,
            slack99=s.slack99,
            unmet99=s.unmet99,
            above99=s.above99,
        )
        for card in cards
        for s in card.scores
    ]
    return tuple(sorted(rows, key=lambda r: (-_known(r.pinball90_ratio), r.app, r.signal, r.horizon_seconds)))


def changes_of(cards: Iterable[Scorecard]) -> tuple[Changed, ...]:
    """The changes of models, the latest last."""
    found = [
        Changed(card.app, c.signal, c.horizon_seconds, c.kind, c.before, c.after, c.loss_ratio, c.at_ms)
        for card in cards
        for c in card.changes
    ]
    return tuple(sorted(found, key=lambda c: (c.at_ms, c.app, c.signal)))


def totals_of(rows: Iterable[Row]) -> tuple[Total, ...]:
    """The totals of each signal and horizon by name, then that of everything."""
    groups: defaultdict[tuple[str | None, float | None], list[Row]] = defaultdict(list)
    rows = tuple(rows)
    for row in rows:
        groups[row.signal, row.horizon_seconds].append(row)
    each = [_total(*key, groups[key]) for key in sorted(groups, key=lambda k: (k[0] or "", k[1] or 0.0))]
    return (*each, _total(None, None, rows))


def _total(signal: str | None, horizon_seconds: float | None, rows: Iterable[Row]) -> Total:
    rows = tuple(rows)
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.pinball90_ratio is not None:
            ratios[row.app].append(row.pinball90_ratio)
    worse = sum(median(own) > 1.0 for own in ratios.values())
    return Total(
        signal=signal,
        horizon_seconds=horizon_seconds,
        applications=len({row.app for row in rows}),
        known=len(ratios),
        coverage90=_median(row.coverage90 for row in rows),
        pinball90_ratio=_median(row.pinball90_ratio for row in rows),
        error_ratio=_median(row.error_ratio for row in rows),
        worse_than_last=worse / len(ratios) if ratios else None,
        leader_ratio=_median(row.leader_ratio for row in rows),
        slack90=_median(row.slack90 for row in rows),
        slack99=_median(row.slack99 for row in rows),
        unmet99=_median(row.unmet99 for row in rows),
        above99=_median(row.above99 for row in rows),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return median(known) if known else None


def _known(ratio: float | None) -> float:
    return -math.inf if ratio is None else ratio
