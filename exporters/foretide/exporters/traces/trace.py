"""A trace in memory, and its samples and windows in time order."""

from __future__ import annotations

import heapq
import itertools
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from statistics import median_low

from foretide.exporters.samples import Sample, Tick
from foretide.exporters.windows import WindowBuilder
from foretide.schemas.messages import Column, TelemetryWindow

_LONGEST_STEP_MS = 31 * 86_400_000


@dataclass(slots=True)
class Readings:
    """One application's readings as read: per column its times and values; wide traces share one array of times."""

    at_ms: array[int] = field(default_factory=lambda: array("q"))
    columns: dict[str, tuple[array[int], array[float]]] = field(default_factory=dict)
    phases: list[str | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Series:
    """One application's samples in time order, each time once.

    `values` holds per signal one number for each of `at_ms`, in the signal's unit; NaN is a missing reading. `step_ms`
    is the usual distance between two samples (the lower median).
    """

    app: str
    at_ms: array[int]
    values: Mapping[str, array[float]]
    phases: Sequence[str | None] | None
    columns: dict[str, Column]
    step_ms: int

    def __len__(self) -> int:
        return len(self.at_ms)

    def sample(self, index: int, resource: str, shift_ms: int = 0) -> Sample:
        """The sample at `index`, its time moved by `shift_ms`."""
        return Sample(
            app=self.app,
            resource=resource,
            at_ms=self.at_ms[index] + shift_ms,
            step_ms=self.step_ms,
            values={name: None if (v := a[index]) != v else v for name, a in self.values.items()},
            phase=self.phases[index] if self.phases else None,
            columns=self.columns,
        )


@dataclass(frozen=True, slots=True)
class Joined:
    """A signal that came from the `column` of a second trace at `path`, joined to so many `applications`."""

    path: Path
    column: str
    signal: str
    applications: int


@dataclass(frozen=True, slots=True)
class Trace:
    """A recorded trace: its `columns` (signal and scale each) and one series per application.

    `rows_left_out` counts the file's rows that name no application; `joined` tells what was laid beside it.
    """

    path: Path
    columns: Mapping[str, tuple[str, float]]
    series: Mapping[str, Series]
    rows_left_out: int = 0
    joined: tuple[Joined, ...] = ()

    @property
    def samples(self) -> int:
        """Samples of all applications together."""
        return sum(len(s) for s in self.series.values())

    @property
    def first_ms(self) -> int:
        """Time of the first sample."""
        return min(s.at_ms[0] for s in self.series.values())

    @property
    def last_ms(self) -> int:
        """Time of the last sample."""
        return max(s.at_ms[-1] for s in self.series.values())

    def ticks(self, resource: str, shift_ms: int = 0) -> Iterator[Tick]:
        """All samples in time order, those of one instant together and by application."""
        due = [(s.at_ms[0], app, 0) for app, s in self.series.items()]
        heapq.heapify(due)
        while due:
            at_ms = due[0][0]
            samples = []
            while due and due[0][0] == at_ms:
                _, app, index = due[0]
                series = self.series[app]
                samples.append(series.sample(index, resource, shift_ms))
                if index + 1 < len(series):
                    heapq.heapreplace(due, (series.at_ms[index + 1], app, index + 1))
                else:
                    heapq.heappop(due)
            yield Tick(at_ms + shift_ms, samples)

    def windows(self, window_seconds: float = 10.0, source: str = "replay") -> Iterator[TelemetryWindow]:
        """The trace as an exporter sends it, without one; each window's `columns` lead back to the trace's units."""
        builder = WindowBuilder(max(1, round(window_seconds * 1000)), source)
        for tick in self.ticks(resource=source):
            for sample in tick.samples:
                yield from builder.add(sample)
            yield from builder.advance(tick.at_ms)
        yield from builder.flush()


def series_of(app: str, readings: Readings, names: Sequence[str], resolved: Mapping[str, tuple[str, float]]) -> Series:
    """The series of one application: sorted, each time once, in the signals' units.

    Of several readings of a column at one time the first that is not missing counts.
    """
    present = [n for n in names if n in resolved and n in readings.columns]
    phases: list[str | None] | None = None
    times = [readings.columns[n][0] for n in present]
    if times and all(t is times[0] or t == times[0] for t in times) and _increasing(times[0]):
        at_ms = times[0]
        values = {n: readings.columns[n][1] for n in present}
        phases = readings.phases or None
    else:
        at_ms, values, phases = _merged(readings, present)
    scaled = {}
    for name in present:
        signal, scale = resolved[name]
        scaled[signal] = values[name] if scale == 1.0 else array("d", [v * scale for v in values[name]])
    return Series(
        app=app,
        at_ms=at_ms,
        values=scaled,
        phases=phases,
        columns={resolved[n][0]: Column(name=n, scale=resolved[n][1]) for n in present},
        step_ms=_step(at_ms),
    )


def _merged(
    readings: Readings, names: Sequence[str]
) -> tuple[array[int], dict[str, array[float]], list[str | None] | None]:
    """Times sorted and united over the columns, values laid on them."""
    at_ms = array("q", sorted({t for n in names for t in readings.columns[n][0]}))
    place = {t: i for i, t in enumerate(at_ms)}
    values: dict[str, array[float]] = {}
    for name in names:
        laid = array("d", [nan]) * len(at_ms)
        for t, v in zip(*readings.columns[name], strict=True):
            i = place[t]
            if laid[i] != laid[i]:
                laid[i] = v
        values[name] = laid
    phases: list[str | None] | None = None
    if readings.phases:
        phases = [None] * len(at_ms)
        for t, phase in zip(readings.at_ms, readings.phases, strict=True):
            phases[place[t]] = phases[place[t]] or phase
    return at_ms, values, phases


def _increasing(times: array[int]) -> bool:
    return all(a < b for a, b in itertools.pairwise(times))


def _step(at_ms: array[int]) -> int:
    """The lower median of the distances; a single sample counts as one of a second's step."""
    if len(at_ms) < 2:
        return 1000
    return min(median_low([b - a for a, b in itertools.pairwise(at_ms)]), _LONGEST_STEP_MS)
