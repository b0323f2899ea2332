"""Rows in order and totals over applications."""

from __future__ import annotations

from foretide.deploy.scorecards.table import Row, Total, report_of, totals_of
from foretide.deploy.scorecards.text import text_of
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO


def row(
    app: str,
    ratio: float | None,
    signal: str = SM_RATIO,
    horizon: float = 60.0,
    coverage: float = 0.9,
    error: float | None = 1.0,
) -> Row:
    return Row(app, signal, horizon, coverage, ratio, error, 50, 0)


def test_totals_are_medians_of_each_signal_and_horizon() -> None:
    totals = totals_of(
        [
            row("a", 0.2, coverage=0.8, error=None),
            row("b", 0.6, coverage=0.9, error=0.5),
            row("c", 1.2, coverage=1.0, error=0.7),
            row("d", None, coverage=0.7, error=None),
            row("a", 1.5, horizon=3600.0),
            row("a", None, GPU_MEMORY),
        ]
    )
    assert [(t.signal, t.horizon_seconds) for t in totals] == [
        (GPU_MEMORY, 60.0),
        (SM_RATIO, 60.0),
        (SM_RATIO, 3600.0),
        (None, None),
    ]
    assert totals[0] == Total(GPU_MEMORY, 60.0, 1, 0, 0.9, None, 1.0, None)
    assert (totals[1].applications, totals[1].known, totals[1].pinball90_ratio) == (4, 3, 0.6)
    assert totals[1].error_ratio == 0.6
    assert abs((totals[1].coverage90 or 0.0) - 0.85) < 1e-12
    assert totals[1].worse_than_last == 1 / 3
    assert totals[2].worse_than_last == 1.0


def test_an_application_counts_once_over_everything_by_the_median_of_its_ratios() -> None:
    mostly_good = [row("a", 0.5), row("a", 0.75, GPU_MEMORY), row("a", 9.0, horizon=300.0)]
    mostly_bad = [row("b", 1.25), row("b", 1.5, GPU_MEMORY), row("b", 0.1, horizon=300.0)]
    everything = totals_of([*mostly_good, *mostly_bad])[-1]
    assert (everything.applications, everything.known, everything.worse_than_last) == (2, 2, 0.5)
    assert everything.pinball90_ratio == 1.0


def test_equal_to_last_value_is_not_worse() -> None:
    assert totals_of([row("a", 1.0)])[-1].worse_than_last == 0.0


def test_of_nothing_nothing_is_known() -> None:
    report = report_of([])
    assert report.scores == ()
    assert report.totals == (Total(None, None, 0, 0, None, None, None, None),)
    line = next(line for line in text_of(report).splitlines() if line.startswith("everything"))
    assert line.split() == ["everything", "-", "-", "-", "-", "0/0", "-"]
