"""Small drawings as inline SVG: scales, lines that break at gaps, bands, axes. Colours are the page's classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from typing import Final

WIDTH: Final = 760
LEFT: Final = 64
RIGHT: Final = 12
TOP: Final = 10
BOTTOM: Final = 26
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Scale:
    """From a range of values to a range of pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value; a range without extent lies in the middle."""
        if self.high <= self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def across(low: float, high: float) -> Scale:
    """The horizontal scale of a drawing."""
    return Scale(low, high, LEFT, WIDTH - RIGHT)


def upward(low: float, high: float, height: int) -> Scale:
    """The vertical scale of a drawing, larger values above."""
    return Scale(low, high, height - BOTTOM, TOP)


def breaks(xs: Sequence[float]) -> list[tuple[int, int]]:
    """Where to interrupt a line: runs of indices without a distance of more than three usual ones."""
    gaps = sorted(b - a for a, b in pairwise(xs))
    limit = 3 * gaps[len(gaps) // 2] if gaps else 0.0
    starts = [0, *(i for i in range(1, len(xs)) if xs[i] - xs[i - 1] > limit), len(xs)]
    return [(a, b) for a, b in pairwise(starts) if b > a]


def line(xs: Sequence[float], ys: Sequence[float], style: str, *, stairs: bool = False) -> str:
    """A line through points in pixels, interrupted at gaps; as stairs each value holds until the next."""
    parts = []
    for first, end in [(0, len(xs))] if stairs else breaks(xs):
        parts.append(f"M{xs[first]:.1f} {ys[first]:.1f}h0")
        for i in range(first + 1, end):
            parts.append(f"H{xs[i]:.1f}V{ys[i]:.1f}" if stairs else f"L{xs[i]:.1f} {ys[i]:.1f}")
    return f'<path class="{style}" d="{"".join(parts)}"/>' if parts else ""


def band(xs: Sequence[float], below: Sequence[float], above: Sequence[float], style: str) -> str:
    """The area between two lines, interrupted at gaps."""
    parts = []
    for first, end in breaks(xs):
        there = "L".join(f"{xs[i]:.1f} {above[i]:.1f}" for i in range(first, end))
        back = "L".join(f"{xs[i]:.1f} {below[i]:.1f}" for i in range(end - 1, first - 1, -1))
        parts.append(f"M{there}L{back}Z")
    return f'<path class="{style}" d="{"".join(parts)}"/>' if parts else ""


def dot(x: float, y: float, style: str, title: str) -> str:
    """A dot with its own words."""
    return f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(title)}</title></circle>'


def label(x: float, y: float, words: str, anchor: str) -> str:
    """Words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def segment(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """A straight line from one place to another."""
    return f'<path class="{style}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def rule_at(y: float, style: str = "grid") -> str:
    """A line from side to side."""
    return f'<path class="{style}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'


def value_axis(scale: Scale, ticks: Sequence[float] | None = None) -> str:
    """Lines and numbers at the left."""
    parts = []
    for tick in nice_ticks(scale.low, scale.high) if ticks is None else ticks:
        y = scale(tick)
        parts.append(rule_at(y) + label(LEFT - 6, y + 4, f"{tick:,.6g}" if abs(tick) < 1e7 else f"{tick:.4g}", "end"))
    return "".join(parts)


def time_axis(scale: Scale, height: int) -> str:
    """Five moments at the bottom, UTC."""
    span = scale.high - scale.low
    form = "%Y-%m-%d" if span > 5 * _DAY_MS else "%m-%d %H:%M" if span > _DAY_MS / 2 else "%H:%M:%S"
    moments = [scale.low + span * i / 4 for i in range(5)] if span > 0 else [scale.low]
    return "".join(
        label(scale(m), height - 8, datetime.fromtimestamp(m / 1000, UTC).strftime(form), anchor)
        for m, anchor in zip(moments, ("start", "middle", "middle", "middle", "end"), strict=False)
    )


def nice_ticks(low: float, high: float) -> list[float]:
    """About four round numbers in a range."""
    if not high > low:
        return [low]
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    return [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def drawing(height: int, title: str, *parts: str, width: int = WIDTH) -> str:
    """The whole of it."""
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
