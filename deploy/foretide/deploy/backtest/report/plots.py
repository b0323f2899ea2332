"""Coverage beside what it should be, and the error ratios of all series in order."""

from __future__ import annotations

import math
from typing import Final

from foretide.deploy.backtest.report import svg
from foretide.deploy.backtest.report.ranking import Ranking
from foretide.deploy.backtest.scores import LEVELS
from foretide.deploy.backtest.summary import BacktestSummary, SignalSummary

HEIGHT: Final = 240
MOST_DOTS: Final = 800
_FLOOR: Final = 1 / 16


def coverages(signal: SignalSummary) -> tuple[float | None, ...]:
    """The achieved share at or below each quantile of `LEVELS`."""
    return signal.coverage50, signal.coverage90, signal.coverage95, signal.coverage99


def coverage_plot(summary: BacktestSummary) -> str:
    """For each quantile where it should lie, and a dot for each signal and kind where it does."""
    known = [c for s in summary.signals for c in coverages(s) if c is not None]
    y = svg.upward(min([*known, LEVELS[0]]), 1.0, HEIGHT)
    column = (svg.WIDTH - svg.LEFT - svg.RIGHT) / len(LEVELS)
    parts = [svg.value_axis(y)]
    for i, level in enumerate(LEVELS):
        left = svg.LEFT + i * column
        parts.append(f'<path class="wanted" d="M{left + 10:.1f} {y(level):.1f}H{left + column - 10:.1f}"/>')
        parts.append(svg.label(left + column / 2, HEIGHT - 8, f"quantile {level:g}", "middle"))
        for j, signal in enumerate(summary.signals):
            achieved = coverages(signal)[i]
            if achieved is not None:
                x = left + 16 + (column - 32) * (j + 0.5) / len(summary.signals)
                words = f"{signal.signal}, {signal.kind}: {100 * achieved:.2f} % at or under the {level:g} quantile"
                parts.append(svg.dot(x, y(achieved), signal.kind, words))
    return svg.drawing(HEIGHT, "Share of outcomes at or under each quantile", *parts)


def ratio_plot(ranking: Ranking) -> str:
    """A dot for each series, the worst at the left; the axis is logarithmic."""
    series = ranking.series
    every = -(-len(series) // MOST_DOTS)
    chosen = sorted({*range(0, len(series), every), len(series) - 1})
    levels = [math.log2(max(r.ratio, _FLOOR)) for r in series]
    y = svg.upward(min(-1.0, math.floor(min(levels))), max(1.0, math.ceil(max(levels))), HEIGHT)
    x = svg.across(-0.5, len(series) - 0.5)
    powers = range(int(y.low), int(y.high) + 1)
    return svg.drawing(
        HEIGHT,
        "Error ratio of each series, the worst first",
        *(svg.rule_at(y(p)) + svg.label(svg.LEFT - 6, y(p) + 4, f"{2.0**p:g}", "end") for p in powers),
        svg.rule_at(y(0.0), "wanted"),
        *(svg.dot(x(i), y(levels[i]), "point", f"{series[i].name}: {series[i].ratio:.3f}") for i in chosen),
    )
