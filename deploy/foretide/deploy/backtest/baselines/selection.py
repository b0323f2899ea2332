"""Which series baselines are run on: few enough not to hold a backtest up, spread over signals and applications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

MOST_SERIES: Final = 12


def compared_series(signals: Mapping[str, Sequence[str]], most: int = MOST_SERIES) -> dict[str, frozenset[str]]:
    """The signals to compare of each application, from those it has: signals in turn, applications far apart."""
    having: dict[str, list[str]] = {}
    for app in sorted(signals):
        for signal in signals[app]:
            having.setdefault(signal, []).append(app)
    share = dict.fromkeys(sorted(having), 0)
    left = most
    while left and any(share[s] < len(having[s]) for s in share):
        for signal in share:
            if left and share[signal] < len(having[signal]):
                share[signal] += 1
                left -= 1
    chosen: dict[str, set[str]] = {}
    for signal, number in share.items():
        for i in range(number):
            chosen.setdefault(having[signal][i * len(having[signal]) // number], set()).add(signal)
    return {app: frozenset(names) for app, names in chosen.items()}
