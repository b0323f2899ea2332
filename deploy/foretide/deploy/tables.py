"""Text in aligned columns, and the choice of a name that a user may have misspelt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Final

UNKNOWN: Final = "-"
"""Stands in a table for what is not known."""

MATCHES: Final = 5
"""Names at most that are offered for an unknown one."""


SCORE_NOTES: Final = (
    "pinball and error are relative to last value's, leader is the error relative to the best plain rule's: below 1",
    "is better. slack.9 is how far the .9 quantile stood above use, unmet how far use stood above the .99, of use.",
)
"""What stands under a table of scores."""


def aligned(rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """The rows as lines of aligned columns: the first `left` columns to the left, the others to the right."""
    if not rows:
        return []
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def number(value: float | None) -> str:
    """A score: three decimals."""
    return UNKNOWN if value is None else f"{value:.3f}"


def span(seconds: float) -> str:
    """A horizon: 60 s and more in minutes, whole hours in hours."""
    if seconds >= 3600 and seconds % 3600 == 0:
        return f"{seconds / 3600:g} h"
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"


def unknown_name(name: str, known: Collection[str], where: str) -> str:
    """One line: there is no `name` in `where`; which names come near, or how many there are."""
    near = get_close_matches(name, sorted(known), n=MATCHES, cutoff=0.5)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif known:
        hint = f"none of the {len(known)} there is like it"
    else:
        hint = "there are none yet"
    return f"no application {name!r} in {where}: {hint}"
