"""Application profiles that have learnt so many windows."""

from __future__ import annotations

import random

from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.fleet import default_network
from foretide.streams.forecasting.banks import Banks
from foretide.streams.profiling.profile import ApplicationProfile
from foretide.streams.profiling.settings import ProfileSettings

SETTINGS = ProfileSettings()


def profiles(lengths: list[int], step_ms: int = 10_000) -> list[ApplicationProfile]:
    """Applications with so many windows behind them, on shared banks."""
    banks, found = Banks(default_network()), []
    for seed, length in enumerate(lengths):
        draw = random.Random(seed)
        profile = ApplicationProfile(f"app-{seed}", SETTINGS, banks)
        for i in range(length):
            use = min(1.0, max(0.0, 0.4 + 0.2 * draw.gauss(0.0, 1.0)))
            profile.observe(
                TelemetryWindow(
                    app=profile.app,
                    resource="card",
                    source="test",
                    start_ms=1_700_000_000_000 + i * step_ms,
                    step_ms=step_ms,
                    signals={SM_RATIO: [use], GPU_MEMORY: [1e9 * (1.0 + use)]},
                )
            )
        found.append(profile)
    return found
