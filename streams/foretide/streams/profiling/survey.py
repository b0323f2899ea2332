"""Looks at many signals at once: by arrays, many times faster than one by one."""

from __future__ import annotations

from collections.abc import Iterable

from foretide.streams.profiling.outlook import Outlooks, outlooks
from foretide.streams.profiling.signal import SignalProfile


def survey(signals: Iterable[SignalProfile]) -> list[Outlooks[SignalProfile]]:
    """The outlooks of the `signals`, of those with one plan together; each of them knows its own after that."""
    grouped: dict[int, list[SignalProfile]] = {}
    for signal in signals:
        grouped.setdefault(id(signal.ladder.plan), []).append(signal)
    found = [outlooks(group) for group in grouped.values()]
    for seen in found:
        firsts, ready = seen.quantiles[:, 0].tolist(), seen.ready.tolist()
        for place, signal in enumerate(seen.group):
            signal.see(seen, place, firsts[place] if ready[place] else None)
    return found
