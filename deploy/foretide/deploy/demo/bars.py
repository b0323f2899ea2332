"""Small drawings in text: the predicted band against the actual value, and a history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rich.text import Text

_SPARKS: Final = "▁▂▃▄▅▆▇█"


def band_bar(
    actual: float | None, low: float | None, high: float | None, extreme: float | None, limit: float | None, width: int
) -> Text:
    """A scale from 0 to 1: the band from `low` to `high` shaded, its tail to `extreme` lighter, the slice's `limit` as
    an edge, and the actual value on top, red where it exceeds the limit. What is None is not drawn."""
    cells = [" "] * width
    styles = ["dim"] * width

    def cell(value: float) -> int:
        return min(width - 1, max(0, round(value * (width - 1))))

    def paint(start: float, stop: float, mark: str, style: str) -> None:
        for i in range(cell(start), cell(stop) + 1):
            cells[i], styles[i] = mark, style

    if low is not None and high is not None:
        if extreme is not None:
            paint(low, max(high, extreme), "░", "cyan")
        paint(low, high, "▒", "cyan")
    if limit is not None:
        at = cell(limit)
        cells[at], styles[at] = "▕", "yellow"
    if actual is not None:
        over = limit is not None and actual > limit
        at = cell(actual)
        cells[at], styles[at] = "┃", "bold red" if over else "bold green"
    text = Text()
    for mark, style in zip(cells, styles, strict=True):
        text.append(mark, style)
    return text


def sparkline(values: Sequence[float], width: int) -> str:
    """The latest values as small columns on a scale from 0 to 1, or to their largest if that is more."""
    shown = [v for v in values if math.isfinite(v)][-width:]
    top = max([1.0, *shown])
    return "".join(_SPARKS[min(len(_SPARKS) - 1, int(max(v, 0.0) / top * len(_SPARKS)))] for v in shown).rjust(width)


def gib(value: float | None) -> str:
    """Bytes as GiB with one decimal."""
    return "–" if value is None else f"{value / 1024**3:.1f}"


def percent(value: float | None) -> str:
    """A share as a percentage."""
    return "–" if value is None else f"{100 * value:.0f}%"
