"""Looks at many signals at once: by arrays, many times faster than one by one."""

from __future__ import annotations

from collections.abc import Iterable

from foretide.streams.profiling.outlook import Outlooks, outlooks
from foretide.streams.profiling.signal import SignalProfile


def survey(signals: Iterable[SignalProfile]) -> list[Outlooks[SignalProfile]]:
    """The outlooks of the `signals`, of those with one plan together; each of them has its own after that."""
    grouped: dict[int, list[SignalProfile]] = {}
    for signal in signals:
        grouped.setdefault(id(signal.ladder.plan), []).append(signal)
    found = [outlooks(group) for group in grouped.values()]
    for group, seen in zip(grouped.values(), found, strict=True):
        for signal, outlook in zip(group, seen.each, strict=True):
            signal.outlook = outlook
    return found
