"""Unit types of the contract: plain numbers whose names and bounds say what they measure.

The bounds are checked when a message is read and appear in its JSON Schema.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Annotated

from msgspec import Meta

EpochMs = Annotated[int, Meta(ge=0, le=253_402_300_799_999, description="epoch milliseconds, UTC")]
StepMs = Annotated[int, Meta(ge=1, le=86_400_000 * 31, description="milliseconds between two samples")]
Seconds = Annotated[float, Meta(ge=0.0, description="seconds")]
Ratio = Annotated[float, Meta(ge=0.0, le=1.0, description="share, 0 to 1")]
Offset = Annotated[int, Meta(ge=0, description="offset in a topic partition")]
Epoch = Annotated[int, Meta(ge=0, description="the writer's ownership epoch; a higher one supersedes a lower")]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]+$", description="identifier without blanks"),
]
Label = Annotated[
    str,
    Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="short text on one line, blanks allowed"),
]
Index = Annotated[int, Meta(ge=0, le=1_000_000, description="position, counted from 0")]
Count = Annotated[int, Meta(ge=0, description="how many")]
SignalName = Annotated[
    str,
    Meta(pattern=r"^[a-z][a-z0-9_]*(\.[A-Za-z0-9_\-]+)+$", max_length=120, description="signal, as in gpu.sm_ratio"),
]

MIB = 1024**2
GIB = 1024**3


def require_finite(**numbers: float | None) -> None:
    """ValueError naming the first number that is NaN or infinite: on the wire it would silently become null."""
    for name, value in numbers.items():
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name} is not finite")


def all_finite(values: Collection[float | None]) -> bool:
    """Whether no value is NaN or infinite; None (an unsupported or missing reading) is allowed."""
    try:
        # Every window and forecast passes here: a sum is finite if all are, but for overflow.
        if math.isfinite(sum(values)):  # type: ignore[arg-type]
            return True
    except TypeError:
        pass  # None is among them
    return all(v is None or math.isfinite(v) for v in values)
