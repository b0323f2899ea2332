"""What is usual in each phase of an application: the level of a series there, kept apart from the other phases'."""

from __future__ import annotations

from typing import Any, Final

from foretide.streams.compiled import compiled

FADE: Final = 0.95


@compiled
def observe(levels: Any, steps: Any, phase: int, mean: float, peak: float) -> None:
    """Take the latest step into the level of its phase: `levels` are (phases, 2), of the means and of the peaks, and
    `steps` (phases,)."""
    fade = min(FADE, steps[phase] / (steps[phase] + 1))
    steps[phase] += 1
    levels[phase, 0] = fade * levels[phase, 0] + (1 - fade) * mean
    levels[phase, 1] = fade * levels[phase, 1] + (1 - fade) * peak
