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
            found.append(
                SignalScore(
                    signal=name,
                    horizon_seconds=horizon.ms / 1000,
                    coverage90=min(1.0, max(0.0, head.covered)),
                    pinball90_ratio=head.pinball_ratio,
                    error_ratio=head.relative_loss,
                    outcomes=head.known,
                )
            )
    return found
