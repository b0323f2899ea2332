"""How well the forecasts of many profiles did lately."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.messages import SignalScore
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.scoring import scores
from foretide.streams.profiling.profile import ApplicationProfile


def scores_of(profiles: Sequence[ApplicationProfile]) -> list[list[SignalScore]]:
    """For each profile one score for each signal and horizon of which outcomes are known: of the peak's forecasts."""
    asked: dict[tuple[int, int], tuple[Bank, list[int], list[tuple[int, str, float, int]]]] = {}
    for number, profile in enumerate(profiles):
        for place, (name, signal) in enumerate(profile.signals.items()):
            for i, horizon in enumerate(profile.settings.horizons):
                if horizon.kind == "peak":
                    head = signal.head(i)
                    _, rows, whose = asked.setdefault((id(head.bank), head.place), (head.bank, [], []))
                    rows.append(head.row)
                    whose.append((number, name, horizon.ms / 1000, place))
    found: list[list[tuple[int, float, SignalScore]]] = [[] for _ in profiles]
    for (_, target), (bank, rows, whose) in asked.items():
        told = scores(bank, rows, target)
        numbers = zip(
            told.known.tolist(),
            told.coverage90.tolist(),
            told.pinball90_ratio.tolist(),
            told.error_ratio.tolist(),
            told.leader_ratio.tolist(),
            told.slack90.tolist(),
            told.slack99.tolist(),
            told.unmet99.tolist(),
            told.above99.tolist(),
            strict=True,
        )
        for (number, name, seconds, place), (known, coverage, *ratios) in zip(whose, numbers, strict=True):
            if not known:
                continue
            pinball, error, leader, slack90, slack99, unmet, above = (r if r == r else None for r in ratios)
            score = SignalScore(
                signal=name,
                horizon_seconds=seconds,
                coverage90=coverage if coverage == coverage else 0.0,
                pinball90_ratio=pinball,
                error_ratio=error,
                outcomes=known,
                leader_ratio=leader,
                slack90=slack90,
                slack99=slack99,
                unmet99=unmet,
                above99=above,
            )
            found[number].append((place, seconds, score))
    return [[score for *_, score in sorted(of, key=lambda one: one[:2])] for of in found]
