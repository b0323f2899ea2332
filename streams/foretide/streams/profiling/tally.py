"""How all profiles of a worker do, as a few numbers: never one for each application."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from foretide.schemas.signals import STANDARD
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.scoring import Scores, scores
from foretide.streams.forecasting.view import Doubles
from foretide.streams.profiling.profile import ApplicationProfile
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.worker.processor import Measure

QUANTILES: Final = (0.1, 0.5, 0.9)
"""Of the applications: the distribution is told by these."""

OTHER: Final = "other"
"""Signals that are neither standard nor named in the settings share this label: their names are not bounded."""

MEANINGS: Final = {
    "coverage90": "Share of recent outcomes at or below the .9 quantile.",
    "pinball90_ratio": "Recent loss of the .9 quantile relative to last value's.",
    "error_ratio": "Recent absolute error relative to last value's.",
    "leader_ratio": "Recent absolute error relative to the best plain rule's.",
    "slack90": "How far the .9 quantile stood above recent outcomes, relative to use.",
    "slack99": "How far the .99 quantile stood above recent outcomes, relative to use.",
    "unmet99": "How far recent outcomes stood above the .99 quantile, relative to use.",
    "above99": "Share of recent outcomes above the .99 quantile.",
}
"""The scores that are told, of the peak over the shortest horizon."""


def measures(
    profiles: Collection[ApplicationProfile],
    settings: ProfileSettings,
    changes: Mapping[str, int],
    deviations: Mapping[str, int],
) -> list[Measure]:
    """All measures of the worker's `profiles`; `changes` of models by kind, `deviations` started and ended so far."""
    states = Counter("learning" if p.learning else "learnt" for p in profiles)
    found = [
        Measure(
            "foretide_profile_applications", "Applications that have a profile.", "gauge", states[s], (("state", s),)
        )
        for s in ("learning", "learnt")
    ]
    for signal, told in sorted(_by_signal(profiles, settings).items()):
        for name, meaning in MEANINGS.items():
            values: Doubles = np.concatenate([getattr(one, name) for one in told])
            known = values[np.isfinite(values)]
            if known.size:
                found += [
                    Measure(
                        f"foretide_profile_{name}",
                        f"{meaning} By signal, over applications.",
                        "gauge",
                        value,
                        (("signal", signal), ("quantile", f"{q:g}")),
                    )
                    for q, value in zip(QUANTILES, np.quantile(known, QUANTILES).tolist(), strict=True)
                ]
    meaning = "Changes of models since the worker's start: challengers promoted, drifts of the errors."
    found += [
        Measure("foretide_profile_model_changes", meaning, "counter", changes.get(kind, 0), (("kind", kind),))
        for kind in ("promoted", "drift")
    ]
    meaning = "Deviations of use from its prediction since the worker's start."
    found += [
        Measure("foretide_profile_deviations", meaning, "counter", deviations.get(state, 0), (("state", state),))
        for state in ("started", "ended")
    ]
    return found


def _by_signal(profiles: Collection[ApplicationProfile], settings: ProfileSettings) -> dict[str, list[Scores]]:
    """The scores of all applications, signal by signal, computed bank by bank."""
    horizon = next((i for i, h in enumerate(settings.horizons) if h.kind == "peak"), 0)
    banks: dict[tuple[str, int, int], tuple[Bank, list[int]]] = {}
    for profile in profiles:
        for name, signal in profile.signals.items():
            bounded = name in STANDARD or name in (settings.signals or ())
            head = signal.head(horizon)
            key = name if bounded else OTHER, id(head.bank), head.place
            banks.setdefault(key, (head.bank, []))[1].append(head.row)
    found: dict[str, list[Scores]] = {}
    for (name, _, place), (bank, rows) in banks.items():
        found.setdefault(name, []).append(scores(bank, rows, place))
    return found
