"""Lays a second trace beside a first: what it tells becomes `app.*` signals of the first one's applications.

Each sample carries the latest reading known at its time, never a later one, whatever the clocks of the two traces. A
missing reading is passed over for the one before it; with none, or none that is recent enough, there is no value.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan
from pathlib import Path
from typing import Final

import msgspec

from foretide.exporters.errors import TraceError
from foretide.exporters.mapping import ColumnMapping
from foretide.exporters.traces.reader import read_trace
from foretide.exporters.traces.trace import Joined, Series, Trace
from foretide.schemas.messages import Column

OLDEST_SECONDS: Final = 3600.0
"""How old a reading may be and still count as known: long enough for hourly figures, short enough that a second trace
that has ended is not taken for one that stands still."""


@dataclass(frozen=True, slots=True)
class _Input:
    """One signal of the second trace: the times and values of the readings it has, and the column it is."""

    at_ms: array[int]
    values: array[float]
    column: Column

    def known(self, times: array[int], oldest_ms: float) -> array[float]:
        """For each of the rising `times` the latest reading until then; NaN if there is none of at most that age."""
        found = array("d", [nan]) * len(times)
        here, end = 0, len(self.at_ms)
        for i, now in enumerate(times):
            while here < end and self.at_ms[here] <= now:
                here += 1
            if here and now - self.at_ms[here - 1] <= oldest_ms:
                found[i] = self.values[here - 1]
        return found


def read_beside(
    path: Path | str,
    mapping: ColumnMapping | None = None,
    beside: Sequence[Path] = (),
    oldest_seconds: float = OLDEST_SECONDS,
) -> Trace:
    """The trace at `path`, as `read_trace` gives it, with the traces `beside` laid beside it.

    A reading counts for `oldest_seconds`. TraceError, MappingError: as `read_trace` and `lay_beside` say.
    """
    trace = read_trace(path, mapping)
    for other in beside:
        trace = lay_beside(trace, read_trace(other, ColumnMapping(standard=False)), oldest_seconds)
    return trace


def lay_beside(trace: Trace, other: Trace, oldest_seconds: float = OLDEST_SECONDS) -> Trace:
    """`trace` with the signals of `other` joined to it.

    Where both name an application alike, each takes the signals of its namesake; where they share no name, every
    application takes all there are. Signals keep the `app.*` names that `other` has them under.

    TraceError, naming `other`: it holds no numbers; two of its applications, or both traces, have one signal; nothing
    in it is known at any sample of `trace`.
    """
    inputs = {app: found for app, s in other.series.items() if (found := _inputs(s))}
    if not inputs:
        raise TraceError(other.path, "no column holds numbers", "A trace needs a column of readings beside ts, app_id.")
    shared = trace.series.keys() & inputs.keys()
    common = {} if shared else _of_all(other, inputs)
    oldest_ms = inf if oldest_seconds == inf else round(oldest_seconds * 1000)
    series: dict[str, Series] = {}
    joined: dict[str, int] = {}
    for app, own in trace.series.items():
        values: dict[str, array[float]] = {}
        given = inputs.get(app, {}) if shared else common
        for signal, one in given.items():
            if signal in own.values:
                raise _clash(trace, other, app, signal)
            known = one.known(own.at_ms, oldest_ms)
            if any(v == v for v in known):
                values[signal] = known
                joined[signal] = joined.get(signal, 0) + 1
        columns = {signal: given[signal].column for signal in values}
        series[app] = replace(own, values={**own.values, **values}, columns={**own.columns, **columns})
    if not joined:
        raise TraceError(
            other.path,
            f"nothing in it is known at any time of {trace.path}: it spans {_span(other)}, the other {_span(trace)}",
            "Give traces of one time and clock, or allow older readings with --beside-age.",
        )
    names = {signal: one.column.name for found in inputs.values() for signal, one in found.items()}
    laid = tuple(Joined(other.path, names[signal], signal, number) for signal, number in joined.items())
    return replace(trace, series=series, joined=trace.joined + laid)


def _inputs(series: Series) -> dict[str, _Input]:
    """What an application of a second trace tells: per signal the readings that are not missing."""
    found: dict[str, _Input] = {}
    for signal, values in series.values.items():
        there = [i for i, v in enumerate(values) if v == v]
        if there:
            found[signal] = _Input(
                array("q", [series.at_ms[i] for i in there]),
                array("d", [values[i] for i in there]),
                msgspec.structs.replace(series.columns[signal], beside=True),
            )
    return found


def _of_all(other: Trace, inputs: Mapping[str, Mapping[str, _Input]]) -> dict[str, _Input]:
    """The signals of all applications of `other` together; TraceError if two have the same one."""
    whole: dict[str, _Input] = {}
    owner: dict[str, str] = {}
    for app, found in inputs.items():
        for signal, one in found.items():
            if signal in whole:
                raise TraceError(
                    other.path,
                    f"{owner[signal]} and {app} both have {one.column.name}, and neither is an application of the "
                    "first trace",
                    "Name its applications like the first one's, or keep one of them.",
                )
            whole[signal], owner[signal] = one, app
    return whole


def _clash(trace: Trace, other: Trace, app: str, signal: str) -> TraceError:
    column = trace.series[app].columns[signal]
    if column.beside:
        before = next(str(j.path) for j in trace.joined if j.signal == signal)
        remedy = "Rename the column in one of them."
    else:
        before = str(trace.path)
        remedy = f"Rename the column in one of them, or read the first trace's with --map app.OTHER={column.name}."
    return TraceError(other.path, f"{app} has {signal} already, from {before}", remedy)


def _span(trace: Trace) -> str:
    return f"{trace.first_ms / 1000:.15g} to {trace.last_ms / 1000:.15g} s"
