"""Looks at many signals at once: by arrays, many times faster than one by one."""

from __future__ import annotations

from collections.abc import Iterable

from foretide.streams.profiling.outlook import outlooks
from foretide.streams.profiling.signal import SignalProfile


def survey(signals: Iterable[SignalProfile]) -> None:
    """The outlook of each of the `signals` is known after that."""
    grouped: dict[int, list[SignalProfile]] = {}
    for signal in signals:
        grouped.setdefault(id(signal.ladder.plan), []).append(signal)
    for group in grouped.values():
        for signal, outlook in zip(group, outlooks(group), strict=True):
            signal.outlook = outlook
