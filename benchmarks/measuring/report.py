"""Tables for people, and one line of JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

from measuring.sampling import Profile

Row = tuple[str, str, str]
"""Figure, value, what it means."""


def table(rows: Sequence[Row]) -> str:
    """Figures with what they mean, as lines."""
    names, values = max(len(r[0]) for r in rows), max(len(r[1]) for r in rows)
    return "\n".join(f"{name:{names}}  {value:>{values}}  {meaning}".rstrip() for name, value, meaning in rows)


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal columns as lines, numbers to the right."""
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    return "\n".join(
        "  ".join(f"{cell:>{w}}" if i else f"{cell:{w}}" for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in (heads, *rows)
    )


def print_profile(profile: Profile, us_per_window: float) -> None:
    """The table by stage: share of the worker's time, and microseconds of a window."""
    print(f"\nwhere the time goes ({profile.samples} samples)")
    rows = [(stage, f"{share:.1%}", f"{share * us_per_window:.1f}") for stage, share in profile.shares.items()]
    print(columns(("stage", "share", "us per window"), rows))
    if profile.shares.get("other", 0.0) > 0.0:
        print("other, by innermost frame (measuring/stages.py names the stages):")
        for frame, share in profile.unknown:
            print(f"  {share:6.1%}  {frame}")


def amount(value: float) -> str:
    """A number with three or four digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def kib(value: float) -> str:
    """Bytes as KiB."""
    return f"{value / 1024:,.1f} KiB"
