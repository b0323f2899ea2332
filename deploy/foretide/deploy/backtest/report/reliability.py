"""Coverage plots: the share of outcomes at or under each quantile against the share there should be."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from statistics import NormalDist
from typing import Final

from foretide.deploy.backtest.report import svg
from foretide.deploy.backtest.scores import LEVELS
from foretide.deploy.backtest.summary import BacktestSummary, SignalSummary

WIDTH: Final = 270
HEIGHT: Final = 220
HUES: Final = 4
"""Colours the style has for horizons; a fifth horizon has the first one's again."""
_LEAST: Final = 0.05
_MOST: Final = 0.998


def coverages(signal: SignalSummary) -> tuple[float | None, ...]:
    """The achieved share at or below each quantile of `LEVELS`."""
    return signal.coverage50, signal.coverage90, signal.coverage95, signal.coverage99


def reliability(summary: BacktestSummary) -> str:
    """A drawing for each signal, with a line for each horizon and kind; on the dashes the shares are as they should be.

    Both axes are stretched at the end as a normal distribution's quantiles are, or .95 and .99 would lie on one spot.
    """
    names = dict.fromkeys(s.signal for s in summary.signals)
    drawn = [_panel(name, [s for s in summary.signals if s.signal == name], summary.horizons) for name in names]
    return f'<div class="panels">{"".join(drawn)}</div>'


def hue(steps: int, horizons: Sequence[int]) -> str:
    """The style of a horizon's colour."""
    return f"hue{horizons.index(steps) % HUES}"


def _panel(name: str, own: Sequence[SignalSummary], horizons: Sequence[int]) -> str:
    known = [c for s in own for c in coverages(s) if c is not None]
    if not known:
        return ""
    across = svg.Scale(_spread(LEVELS[0]), _spread(LEVELS[-1]), svg.LEFT - 20, WIDTH - svg.RIGHT - 4)
    low = min(_spread(LEVELS[0] - 0.1), *(_spread(c) for c in known))
    upward = svg.Scale(low, _spread(_MOST), HEIGHT - svg.BOTTOM, svg.TOP)
    ticks = [level for level in (0.1, 0.25, *LEVELS) if _spread(level) >= low]
    parts = [svg.label(across.start - 8, upward(_spread(t)) + 4, f"{t:g}", "end") for t in ticks]
    parts += [svg.label(across(_spread(t)), HEIGHT - 8, f"{t:g}", "middle") for t in LEVELS]
    parts += [svg.segment(across.start, upward(_spread(t)), across.end, upward(_spread(t)), "grid") for t in ticks]
    ends = [(across(_spread(level)), upward(_spread(level))) for level in (LEVELS[0], LEVELS[-1])]
    parts.append(svg.segment(*ends[0], *ends[1], "wanted"))
    for score in own:
        style = f"{hue(score.horizon_steps, horizons)} {score.kind}"
        reached = [(level, c) for level, c in zip(LEVELS, coverages(score), strict=True) if c is not None]
        xs = [across(_spread(level)) for level, _ in reached]
        ys = [upward(_spread(c)) for _, c in reached]
        parts.append(svg.line(xs, ys, style))
        for (level, c), x, y in zip(reached, xs, ys, strict=True):
            words = f"{name}, {score.horizon_steps} ahead, {score.kind}: {100 * c:.2f} % at or under quantile {level:g}"
            parts.append(svg.dot(x, y, style, words))
    title = f"{name}: share of outcomes at or under each quantile"
    return f"<figure><figcaption>{escape(name)}</figcaption>{svg.drawing(HEIGHT, title, *parts, width=WIDTH)}</figure>"


def _spread(share: float) -> float:
    return NormalDist().inv_cdf(min(max(share, _LEAST), _MOST))
