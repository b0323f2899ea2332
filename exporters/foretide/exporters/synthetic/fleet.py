"""A fleet of made-up applications, sampled together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from foretide.exporters.samples import Sample, Tick
from foretide.exporters.synthetic.applications import Application, Batch, Leaky, Serving, Training
from foretide.schemas.errors import SettingsError

FIRST_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00Z: where the fleet's own clock begins."""

KINDS: Final[tuple[type[Application], ...]] = (Serving, Training, Batch, Leaky)


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """What to make up. Building it checks it: SettingsError names the option."""

    apps: int = 8
    """Applications; kinds take turns: serving, training, batch, leaking."""
    seed: int = 1
    """Every number follows from it."""
    step_seconds: float = 1.0
    """Event time between two samples of an application."""
    day_seconds: float = 86_400.0
    """Length of the daily rhythm; shorter to see it sooner."""

    def __post_init__(self) -> None:
        if not 1 <= self.apps <= 100_000:
            raise SettingsError("apps", f"{self.apps} is out of range", "Use 1 to 100000.")
        if not 0.001 <= self.step_seconds <= 3600:
            raise SettingsError("step-seconds", f"{self.step_seconds:g} is out of range", "Use 0.001 to 3600.")
        if not 60 <= self.day_seconds <= 86_400 * 31:
            raise SettingsError("day-seconds", f"{self.day_seconds:g} is out of range", "Use 60 or more.")


def applications(settings: FleetSettings) -> list[Application]:
    """The fleet at its beginning. An application depends on the seed and its own name, not on the fleet's size."""
    fleet = []
    for number in range(settings.apps):
        kind = KINDS[number % len(KINDS)]
        name = f"{kind.label}-{number:03d}"
        fleet.append(kind(name, f"{settings.seed}/{name}", settings.day_seconds))
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
            samples.append(Sample(app.name, resource, at_ms, step_ms, values, app.phase))
        yield Tick(at_ms, samples)
        number += 1
