"""Scorecards as text in aligned columns."""

from __future__ import annotations

from foretide.deploy.scorecards.table import Report, Row, Total
from foretide.deploy.tables import UNKNOWN, aligned, number, span
from foretide.deploy.watching import clock

SCORES = ("application", "signal", "horizon", "cov.9", "pinball", "error", "outcomes", "at (UTC)")
TOTALS = ("median of", "horizon", "cov.9", "pinball", "error", "known of", "worse than last value")


def text_of(report: Report) -> str:
    """The scores, the worst first, then the totals."""
    scores = aligned([SCORES, *(_score(row) for row in report.scores)], left=2)
    totals = aligned([TOTALS, *(_total(total) for total in report.totals)])
    return "\n".join([*scores, "", *totals, "", "pinball and error are relative to last value's; below 1 is better"])


def _score(row: Row) -> tuple[str, ...]:
    return (
        row.app,
        row.signal,
        span(row.horizon_seconds),
        number(row.coverage90),
        number(row.pinball90_ratio),
        number(row.error_ratio),
        str(row.outcomes),
        clock(row.at_ms),
    )


def _total(total: Total) -> tuple[str, ...]:
    share = UNKNOWN if total.worse_than_last is None else f"{100 * total.worse_than_last:.0f} % of applications"
    return (
        total.signal or "everything",
        UNKNOWN if total.horizon_seconds is None else span(total.horizon_seconds),
        number(total.coverage90),
        number(total.pinball90_ratio),
        number(total.error_ratio),
        f"{total.known}/{total.applications}",
        share,
    )
