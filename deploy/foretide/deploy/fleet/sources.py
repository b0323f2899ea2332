"""Where series to train on come from: trace files, the telemetry topic of a running system, made-up sources."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Final

from foretide.deploy.backtest.naming import column_of, wanted_signals
from foretide.deploy.backtest.sources import Applications, from_topic
from foretide.deploy.fleet.asking import FAMILIES, SYNTHETIC, is_topic, source_name
from foretide.exporters.synthetic import FleetSettings, ticks
from foretide.exporters.synthetic.fleet import KINDS
from foretide.exporters.traces import Trace, read_trace
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Column
from foretide.schemas.signals import CPU_CORES, GPU_MEMORY, RSS, SM_RATIO
from foretide.schemas.units import SignalName
from foretide.streams.fleet.families import FAMILIES as RANDOM
from foretide.streams.fleet.families import drawn

SYNTHETIC_SIGNALS: Final = (SM_RATIO, GPU_MEMORY, CPU_CORES, RSS)
"""Of a made-up application, unless others are asked for: its other signals are these over again, in other units."""

SYNTHETIC_STEPS: Final = (1.0, 5.0, 15.0, 60.0)
"""Seconds between two samples of made-up applications, in turns: shared so, one network serves every step."""

SYNTHETIC_SAMPLES: Final = 2000


@dataclass(frozen=True, slots=True)
class Series:
    """One application's values of one signal, those that are missing left out. `signal` is the source's name of it."""

    app: str
    signal: str
    times_ms: array[int]
    values: array[float]
    peaks: array[float] | None = None
    """The values' peaks, where a value is the mean of a step; None where it is a sample."""


@dataclass(frozen=True, slots=True)
class Source:
    """An open source: its `name`, how many series are to come, and the `series` one after the other.

    `signals` are all that it has, by its names; `unreadable` counts records of a topic that are no telemetry.
    """

    name: str
    whole: int
    series: Iterator[Series]
    signals: frozenset[str]
    unreadable: int = 0
    random: bool = False
    """Whether its series come from random families: nothing is tested with them, and they are varied already."""


def open_source(source: str, kafka: KafkaSettings, chosen: frozenset[str] | None) -> Source:
    """The trace or the topic that a --from names. TraceError, BrokerError and BacktestError say why it cannot be."""
    if is_topic(source):
        applications, unreadable = asyncio.run(from_topic(kafka, None, None))
        return _of_topic(source, applications, unreadable, chosen)
    return _of_trace(read_trace(Path(source)), source_name(source), chosen)


def open_synthetic(number: int, seed: int, chosen: frozenset[str] | None) -> Source:
    """`number` series of made-up applications, or fewer if these have not all the signals asked for."""
    wanted = chosen or frozenset(SYNTHETIC_SIGNALS)
    apps = max(1, ceil(number / len(wanted) / len(SYNTHETIC_STEPS)))
    each_kind = next(ticks(FleetSettings(apps=len(KINDS), seed=seed), SYNTHETIC))
    known = frozenset(signal for sample in each_kind.samples for signal in sample.values)
    return Source(SYNTHETIC, number, islice(_made_up(apps, seed, wanted), number), known)


def open_families(number: int, seed: int, chosen: frozenset[str] | None) -> Source:
    """`number` random series; `chosen` are the families to draw from. None of them is no series."""
    wanted = [name for name in RANDOM if chosen is None or name in chosen]
    whole = number if wanted else 0
    return Source(FAMILIES, whole, _random(whole, seed, wanted), frozenset(RANDOM), random=True)


def _random(number: int, seed: int, families: list[str]) -> Iterator[Series]:
    for place, (family, one) in enumerate(drawn(number, seed, families)):
        peaks = None if one.peaks is one.means else array("d", one.peaks)
        yield Series(f"{family}-{place}", family, array("q", one.times_ms), array("d", one.means), peaks)


def _of_trace(trace: Trace, name: str, chosen: frozenset[str] | None) -> Source:
    found = [
        (app, signal)
        for app, series in trace.series.items()
        for signal in series.values
        if _wanted(signal, series.columns, chosen)
    ]
    signals = frozenset(column_of(signal, s.columns).name for s in trace.series.values() for signal in s.values)
    return Source(name, len(found), (_from_trace(trace, *key) for key in found), signals)


def _from_trace(trace: Trace, app: str, signal: SignalName) -> Series:
    own = trace.series[app]
    times, values = array("q"), array("d")
    for at_ms, value in zip(own.at_ms, own.values[signal], strict=True):
        if value == value:  # not NaN
            times.append(at_ms)
            values.append(value)
    return Series(app, column_of(signal, own.columns).name, times, values)


def _of_topic(name: str, applications: Applications, unreadable: int, chosen: frozenset[str] | None) -> Source:
    found: list[Series] = []
    signals: set[str] = set()
    for app, windows in applications.items():
        own: dict[str, Series] = {}
        for window in windows:
            signals.update(column_of(s, window.columns).name for s in window.signals)
            for signal in wanted_signals(window, chosen):
                value = window.signals[signal][0]
                if value is None:
                    continue
                column = column_of(signal, window.columns).name
                series = own.setdefault(column, Series(app, column, array("q"), array("d")))
                series.times_ms.append(window.start_ms)
                series.values.append(value)
        found.extend(own.values())
    return Source(name, len(found), iter(found), frozenset(signals), unreadable)


def _made_up(apps: int, seed: int, wanted: frozenset[str]) -> Iterator[Series]:
    """Series by step; an application is named with its step, as it is another one when sampled otherwise."""
    for place, step_seconds in enumerate(SYNTHETIC_STEPS):
        settings = FleetSettings(apps=apps, seed=seed + place, step_seconds=step_seconds)
        own: dict[tuple[str, str], Series] = {}
        for tick in islice(ticks(settings, SYNTHETIC), SYNTHETIC_SAMPLES):
            for sample in tick.samples:
                for signal in sorted(wanted & sample.values.keys()):
                    value = sample.values[signal]
                    if value is None:
                        continue
                    app = f"{sample.app}@{step_seconds:g}s"
                    series = own.setdefault((app, signal), Series(app, signal, array("q"), array("d")))
                    series.times_ms.append(tick.at_ms)
                    series.values.append(value)
        yield from own.values()


def _wanted(signal: str, columns: Mapping[str, Column], chosen: frozenset[str] | None) -> bool:
    return chosen is None or signal in chosen or column_of(signal, columns).name in chosen
