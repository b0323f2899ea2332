"""Applications with a past: a few synthetic ones are learnt through, and stand as templates for many.

Learning a day through takes a profile seconds; a hundred thousand applications are copies of a few that did. What a
window costs does not depend on which of its copies an application is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from foretide.exporters.samples import Sample
from foretide.exporters.synthetic.fleet import FleetSettings, ticks
from foretide.schemas.codec import encode
from foretide.schemas.messages import RecordRef, TelemetryWindow
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.topics import TELEMETRY
from foretide.streams.profiling import ProfileProcessor
from foretide.streams.profiling.state import decode_state, encode_state
from foretide.streams.worker.processor import Output

SIGNALS = (SM_RATIO, GPU_MEMORY)


@dataclass(frozen=True, slots=True)
class TemplateSettings:
    """What the templates have lived through."""

    count: int = 4
    """Templates: one of each of the synthetic source's usual kinds."""
    history_hours: float = 25.0
    """Event time learnt before anything is measured. The coarsest rung looks back a day, so 25 hours warm every rung,
    every expert and the day before; less is quicker and says so in the table."""
    samples: int = 10
    """Samples of a window in the history and, unless told otherwise, after it."""
    step_ms: int = 1000
    """Event time between two samples."""
    seed: int = 1
    """Every number follows from it."""

    @property
    def span_ms(self) -> int:
        """Event time of a window."""
        return self.samples * self.step_ms


@dataclass(slots=True)
class Templates:
    """Templates at the end of their history, and their windows from there on, made as they are asked for."""

    settings: TemplateSettings
    names: list[str]
    states: list[bytes]
    """A snapshot's payload of each."""
    pool_events: list[Output]
    """What the templates' history told the planner."""
    _samples: Iterator[list[list[Sample]]]
    _turns: list[list[list[Sample]]] = field(default_factory=list)

    def turn(self, number: int, samples: int | None = None) -> list[TelemetryWindow]:
        """The `number`-th window of each template after its history. With other `samples` than the settings' the
        window lasts as long: source values are held or left out."""
        while len(self._turns) <= number:
            self._turns.append(next(self._samples))
        return [_window(own, samples or self.settings.samples, self.settings) for own in self._turns[number]]

    def state_of(self, template: int, app: str) -> bytes:
        """The template's snapshot in another application's name."""
        return encode_state(msgspec.structs.replace(decode_state(self.states[template]), app=app))


def make_templates(settings: TemplateSettings) -> Templates:
    """Let the templates live through their history, all stepped together."""
    fleet = FleetSettings(apps=settings.count, seed=settings.seed, step_seconds=settings.step_ms / 1000)
    samples = _by_window(fleet, settings.samples)
    names, events, processor = [], list[Output](), ProfileProcessor()
    for number in range(max(1, round(settings.history_hours * 3_600_000 / settings.span_ms))):
        windows = [_window(own, settings.samples, settings) for own in next(samples)]
        names = [window.app for window in windows]
        ref = RecordRef(topic=TELEMETRY, partition=0, offset=number)
        for outputs in processor.observe_all([(window, ref) for window in windows]):
            events += [output for output in outputs if output.topic.startswith("pool-events")]
    return Templates(settings, names, [processor.snapshot(name) for name in names], events, samples)


def wire(window: TelemetryWindow, app: str) -> bytes:
    """The window as an exporter sends it, in another application's name."""
    return encode(msgspec.structs.replace(window, app=app))


def _by_window(fleet: FleetSettings, samples: int) -> Iterator[list[list[Sample]]]:
    """Per application its next so many samples, without end. No window is cut short by a change of phase, which the
    profile then has to find for itself: that costs it more than being told."""
    source = ticks(fleet, "benchmark")
    while True:
        taken = [next(source).samples for _ in range(samples)]
        yield [list(own) for own in zip(*taken, strict=True)]


def _window(own: list[Sample], samples: int, settings: TemplateSettings) -> TelemetryWindow:
    chosen = [own[i * len(own) // samples] for i in range(samples)]
    return TelemetryWindow(
        app=own[0].app,
        resource="card-0",
        source="benchmark",
        start_ms=own[0].at_ms,
        step_ms=max(1, settings.span_ms // samples),
        signals={name: [sample.values[name] for sample in chosen] for name in SIGNALS},
    )
