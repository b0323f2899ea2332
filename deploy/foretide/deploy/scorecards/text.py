"""Scorecards as text in aligned columns."""

from __future__ import annotations

from foretide.deploy.scorecards.table import Changed, Report, Row, Total
from foretide.deploy.tables import SCORE_NOTES, UNKNOWN, aligned, number, span
from foretide.deploy.watching import clock

SCORES = (
    *("application", "signal", "horizon", "cov.9", "pinball", "error", "leader", "slack.9", "unmet"),
    *("outcomes", "at (UTC)"),
)
TOTALS = (
    *("median of", "horizon", "cov.9", "pinball", "error", "leader", "slack.9", "unmet"),
    *("known of", "worse than last value"),
)


def text_of(report: Report) -> str:
    """The scores, the worst first, then the totals, then what has changed."""
    scores = aligned([SCORES, *(_score(row) for row in report.scores)], left=2)
    totals = aligned([TOTALS, *(_total(total) for total in report.totals)])
    changes = ["", *(change_of(changed) for changed in report.changes)] if report.changes else []
    return "\n".join([*scores, "", *totals, *changes, "", *SCORE_NOTES])


def change_of(changed: Changed) -> str:
    """A change of models in words."""
    where = f"{clock(changed.at_ms)} {changed.app} {changed.signal} {span(changed.horizon_seconds)}"
    if changed.kind == "drift":
        return f"{where}: its errors have changed; recent ones count for more ({changed.after} leads)"
    ratio = UNKNOWN if changed.loss_ratio is None else f"{changed.loss_ratio:.2f}"
    return f"{where}: {changed.after} leads instead of {changed.before}, with {ratio} times its error"


def _score(row: Row) -> tuple[str, ...]:
    return (
        row.app,
        row.signal,
        span(row.horizon_seconds),
        number(row.coverage90),
        number(row.pinball90_ratio),
        number(row.error_ratio),
        number(row.leader_ratio),
        number(row.slack90),
        number(row.unmet99),
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
        number(total.leader_ratio),
        number(total.slack90),
        number(total.unmet99),
        f"{total.known}/{total.applications}",
        share,
    )
