"""The error ratios of all series in order."""

from __future__ import annotations

import math
from typing import Final

from foretide.deploy.backtest.report import svg
from foretide.deploy.backtest.report.ranking import Ranking

HEIGHT: Final = 240
MOST_DOTS: Final = 800
_FLOOR: Final = 1 / 16


def ratio_plot(ranking: Ranking) -> str:
    """A dot for each series, the worst at the left, hollow if it was seen in training; the axis is logarithmic."""
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
        *(svg.dot(x(i), y(levels[i]), "seen" if series[i].seen else "point", series[i].words) for i in chosen),
    )
