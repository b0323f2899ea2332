"""Rows in order and totals over applications."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from foretide.deploy.scorecards.table import Report, Row, Total, report_of, totals_of
from foretide.deploy.scorecards.text import text_of
from foretide.schemas.messages import ModelChange, RecordRef, Scorecard
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
    assert line.split() == ["everything", *["-"] * 7, "0/0", "-"]


def test_changes_of_models_are_told_in_words_the_latest_last() -> None:
    def change(at_ms: int, **fields: Any) -> ModelChange:
        return ModelChange(signal=SM_RATIO, horizon_seconds=60.0, at_ms=at_ms, **fields)

    def card(app: str, *changes: ModelChange) -> Scorecard:
        ref = RecordRef(topic="telemetry.v1", partition=0, offset=0)
        return Scorecard(id="x", app=app, at_ms=0, scores=[], based_on=ref, epoch=0, changes=list(changes))

    promoted = change(61_000, kind="promoted", before="fleet", after="ar", loss_ratio=0.934)
    report = report_of([card("late", promoted), card("early", change(1_000, kind="drift", before="ar", after="ar"))])
    assert [(c.app, c.kind) for c in report.changes] == [("early", "drift"), ("late", "promoted")]
    lines = text_of(report).splitlines()
    assert (
        f"1970-01-01 00:00:01 early {SM_RATIO} 1 min: its errors have changed; recent ones count for more (ar leads)"
        in lines
    )
    assert f"1970-01-01 00:01:01 late {SM_RATIO} 1 min: ar leads instead of fleet, with 0.93 times its error" in lines


def test_slack_unmet_demand_and_the_leader_are_in_rows_and_medians() -> None:
    rows = [
        replace(row("a", 0.5), leader_ratio=0.75, slack90=0.25, unmet99=0.0625),
        replace(row("b", 0.5), leader_ratio=1.25, slack90=0.75, unmet99=None),
    ]
    total = totals_of(rows)[0]
    assert (total.leader_ratio, total.slack90, total.unmet99, total.slack99) == (1.0, 0.5, 0.0625, None)
    first = text_of(Report(tuple(rows), totals_of(rows))).splitlines()[1]
    assert first.split()[5:11] == ["0.500", "1.000", "0.750", "0.250", "0.062", "50"]
