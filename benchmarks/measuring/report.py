"""Tables for people, and one line of JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

from measuring.sampling import Profile

Row = tuple[str, str, str]
"""Figure, value, what it means."""


def print_table(rows: Sequence[Row]) -> None:
    """Figures with what they mean."""
    names, values = max(len(r[0]) for r in rows), max(len(r[1]) for r in rows)
    for name, value, meaning in rows:
        print(f"{name:{names}}  {value:>{values}}  {meaning}".rstrip())


def print_columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows of equal columns, numbers to the right."""
    widths = [max(len(h), *(len(row[i]) for row in rows)) if rows else len(h) for i, h in enumerate(heads)]
    for row in (heads, *rows):
        print(
            "  ".join(
                f"{cell:>{w}}" if i else f"{cell:{w}}" for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
        )


def print_profile(profile: Profile, us_per_window: float) -> None:
    """The table by stage: share of the worker's time, and microseconds of a window."""
    print(f"\nwhere the time goes ({profile.samples} samples)")
    print_columns(
        ("stage", "share", "us per window"),
        [(stage, f"{share:.1%}", f"{share * us_per_window:.1f}") for stage, share in profile.shares.items()],
    )
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
