"""How well a profile's forecasts did lately."""

from __future__ import annotations

from foretide.schemas.messages import SignalScore
from foretide.streams.profiling.profile import ApplicationProfile


def scores(profile: ApplicationProfile) -> list[SignalScore]:
    """One score for each signal and horizon of which outcomes are known: of the peak's forecasts."""
    found = []
    for name, signal in profile.signals.items():
        for i, horizon in enumerate(profile.settings.horizons):
            head = signal.head(i)
            if horizon.kind != "peak" or not head.known:
                continue
            score = head.score
            found.append(
                SignalScore(
                    signal=name,
                    horizon_seconds=horizon.ms / 1000,
                    coverage90=score.coverage90 or 0.0,
                    pinball90_ratio=score.pinball90_ratio,
                    error_ratio=score.error_ratio,
                    outcomes=head.known,
                    leader_ratio=score.leader_ratio,
                    slack90=score.slack90,
                    slack99=score.slack99,
                    unmet99=score.unmet99,
                    above99=score.above99,
                )
            )
    return found
