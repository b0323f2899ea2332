"""Looks at many signals at once, and weighs what it finds: by arrays, many times faster than one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from foretide.streams.profiling.leading import Change
from foretide.streams.profiling.outlook import Outlooks, outlooks
from foretide.streams.profiling.signal import SignalProfile

Changes: TypeAlias = Mapping[int, Sequence[Change]]
"""What has changed of the models of some signals, by the signals' `id`; of most nothing has, and they are not there."""


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


def weigh_all(surveyed: Iterable[Outlooks[SignalProfile]]) -> Changes:
    """What has changed of the models with the steps that were taken right before the survey; once after each."""
    return {
        id(signal): changes
        for seen in surveyed
        for signal, known, best, surprise in seen.news()
        if (changes := signal.weigh(known, best, surprise))
    }
