"""Plots as one SVG file: panels of lines, on a linear or a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foretide.deploy.backtest.report.svg import (
    LEFT,
    TOP,
    WIDTH,
    Scale,
    across,
    dot,
    label,
    line,
    nice_ticks,
    upward,
    value_axis,
)

_HEIGHT = 220
_GAP = 34
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd;fill:none}.s0{stroke:#1769aa;fill:none;stroke-width:1.6}"
    ".s1{stroke:#c4661f;fill:none;stroke-width:1.6}.s2{stroke:#4a8f3c;fill:none;stroke-width:1.6}"
    ".d0{fill:#1769aa}.d1{fill:#c4661f}.d2{fill:#4a8f3c}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """One line."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing; `x` and `y` say what the axes are. `logarithmic` is the horizontal one."""

    x: str
    y: str
    series: Sequence[Series]
    logarithmic: bool = False
    dots: bool = False


def write_plots(path: Path, title: str, panels: Sequence[Panel]) -> None:
    """Write the panels, one below the other; those without a point are left out."""
    drawn = [p for p in panels if any(s.xs for s in p.series)]
    height = len(drawn) * (_HEIGHT + _GAP)
    body = "".join(
        f'<g transform="translate(0 {i * (_HEIGHT + _GAP) + 20})">{_panel(panel)}</g>' for i, panel in enumerate(drawn)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"><title>{title}</title>'
        f'<style>{_STYLE}</style><rect width="{WIDTH}" height="{height}" fill="#fff"/>{body}</svg>\n'
    )


def _panel(panel: Panel) -> str:
    warp = math.log10 if panel.logarithmic else float
    xs = [warp(x) for s in panel.series for x in s.xs]
    ys = [y for s in panel.series for y in s.ys]
    horizontal, vertical = across(min(xs), max(xs)), upward(0.0, max(ys) * 1.05 or 1.0, _HEIGHT)
    parts = [value_axis(vertical), label(LEFT, TOP - 2, f"{panel.y}  against  {panel.x}", "start")]
    parts += [_tick(horizontal, warp(tick), tick) for tick in _ticks(panel, horizontal)]
    for i, series in enumerate(panel.series):
        px, py = [horizontal(warp(x)) for x in series.xs], [vertical(y) for y in series.ys]
        parts.append(line(px, py, f"s{i % 3}", stairs=False) if not panel.logarithmic else _joined(px, py, f"s{i % 3}"))
        if panel.dots:
            parts += [dot(x, y, f"d{i % 3}", f"{v:,.4g}") for x, y, v in zip(px, py, series.ys, strict=True)]
        if len(panel.series) > 1:
            parts.append(f'<g class="d{i % 3}">{label(WIDTH - 16, TOP + 14 * (i + 1), series.name, "end")}</g>')
    return "".join(parts)


def _joined(xs: Sequence[float], ys: Sequence[float], style: str) -> str:
    points = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))
    return f'<path class="{style}" d="M{points}"/>'


def _ticks(panel: Panel, scale: Scale) -> Sequence[float]:
    if panel.logarithmic:
        return sorted({x for s in panel.series for x in s.xs})
    return nice_ticks(scale.low, scale.high)


def _tick(scale: Scale, at: float, value: float) -> str:
    return label(scale(at), _HEIGHT - 8, f"{value:,.6g}", "middle")
