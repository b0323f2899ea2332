"""Windows cut into windows of one sample, each sample once: every sample is then an instant of issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from foretide.schemas.messages import TelemetryWindow


def cut(window: TelemetryWindow) -> Iterator[TelemetryWindow]:
    """The window's samples as windows of their own, in time order."""
    if window.samples == 1:
        yield window
        return
    for i in range(window.samples):
        yield msgspec.structs.replace(
            window,
            start_ms=window.start_ms + i * window.step_ms,
            signals={name: [values[i]] for name, values in window.signals.items()},
        )


def single_samples(windows: Iterable[TelemetryWindow]) -> list[TelemetryWindow]:
    """One application's samples as windows of one, in time order, each time once.

    A producer that repeats a window, or restarts, sends times again; the first of each counts, as it does live.
    """
    found: dict[int, TelemetryWindow] = {}
    for window in windows:
        for single in cut(window):
            found.setdefault(single.start_ms, single)
    return [found[time] for time in sorted(found)]
