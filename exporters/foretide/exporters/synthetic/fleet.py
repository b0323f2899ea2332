"""A fleet of made-up applications, sampled together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from foretide.exporters.samples import Sample, Tick
from foretide.exporters.synthetic.applications import Batch, Leaky, Serving, Training
from foretide.exporters.synthetic.base import Application
from foretide.exporters.synthetic.told import Leading, Personal, Phased, Prompt, Silent
from foretide.exporters.windows import WindowBuilder
from foretide.schemas.errors import SettingsError
from foretide.schemas.messages import TelemetryWindow

FIRST_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00Z: where the fleet's own clock begins."""

USUAL: Final[tuple[str, ...]] = tuple(kind.label for kind in (Serving, Training, Batch, Leaky))
"""The kinds of a fleet for which none are named."""

KINDS: Final[dict[str, type[Application]]] = {
    kind.label: kind for kind in (Serving, Training, Batch, Leaky, Leading, Prompt, Silent, Phased, Personal)
}


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """What to make up. Building it checks it: SettingsError names the option."""

    apps: int = 8
    """Applications; the kinds take turns."""
    seed: int = 1
    """Every number follows from it."""
    step_seconds: float = 1.0
    """Event time between two samples of an application."""
    day_seconds: float = 86_400.0
    """Length of the daily rhythm; shorter to see it sooner."""
    kinds: tuple[str, ...] = USUAL
    """Which kinds, in the order of their turns."""
    lead_seconds: float = 60.0
    """Time from a request's arrival at a leading application to its service: a minute is the shortest horizon of a
    live profile."""

    def __post_init__(self) -> None:
        if not 1 <= self.apps <= 100_000:
            raise SettingsError("apps", f"{self.apps} is out of range", "Use 1 to 100000.")
        if not 0.001 <= self.step_seconds <= 3600:
            raise SettingsError("step-seconds", f"{self.step_seconds:g} is out of range", "Use 0.001 to 3600.")
        if not 60 <= self.day_seconds <= 86_400 * 31:
            raise SettingsError("day-seconds", f"{self.day_seconds:g} is out of range", "Use 60 or more.")
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown or not self.kinds:
            raise SettingsError(
                "kind", f"{', '.join(unknown) or 'none'} is no kind", f"Use some of {', '.join(KINDS)}."
            )
        if not 0 < self.lead_seconds <= 86_400:
            raise SettingsError("lead-seconds", f"{self.lead_seconds:g} is out of range", "Use more than 0 to 86400.")


def applications(settings: FleetSettings) -> list[Application]:
    """The fleet at its beginning. An application depends on the seed and its own name, not on the fleet's size."""
    fleet: list[Application] = []
    for number in range(settings.apps):
        kind = KINDS[settings.kinds[number % len(settings.kinds)]]
        name = f"{kind.label}-{number:03d}"
        seed = f"{settings.seed}/{name}"
        if issubclass(kind, Leading):
            fleet.append(kind(name, seed, settings.day_seconds, settings.lead_seconds))
        else:
            fleet.append(kind(name, seed, settings.day_seconds))
    return fleet


def ticks(settings: FleetSettings, resource: str, shift_ms: int = 0) -> Iterator[Tick]:
    """Samples of the whole fleet, one step after the other, without end."""
    fleet = applications(settings)
    step_ms = max(1, round(settings.step_seconds * 1000))
    seconds = step_ms / 1000.0
    number = 0
    while True:
        at_ms = FIRST_MS + shift_ms + number * step_ms
        samples = []
        for app in fleet:
            values = app.step(number * seconds, seconds)
            samples.append(Sample(app.name, resource, at_ms, step_ms, values, app.phase, user=app.user))
        yield Tick(at_ms, samples)
        number += 1


def windows(
    settings: FleetSettings, steps: int, window_seconds: float = 10.0, source: str = "synthetic"
) -> Iterator[TelemetryWindow]:
    """The fleet's first so many steps as an exporter sends them, without one."""
    builder = WindowBuilder(max(1, round(window_seconds * 1000)), source)
    for tick in islice(ticks(settings, source), steps):
        for sample in tick.samples:
            yield from builder.add(sample)
        yield from builder.advance(tick.at_ms)
    yield from builder.flush()
