"""Reads a trace into memory: one compact series of numbers per application, about 8 bytes a value.

long  `ts,app_id,metric,value`: one reading a row; other columns (such as `anomaly`) describe the row and are left out.
wide  `ts,app_id,<column>,...`: one sample a row. Columns that hold no numbers are left out, except `phase`.

`ts` is in seconds, fractions allowed. Rows may come in any order; of several readings of one column at one time the
first counts. Empty fields and the usual spellings of "not available" are missing readings. A row without an `app_id`
belongs to no application and is left out, counted.
"""

from __future__ import annotations

import re
from array import array
from math import isfinite, nan
from pathlib import Path
from typing import Final

from foretide.exporters.errors import TraceError
from foretide.exporters.mapping import NOT_SIGNALS, ColumnMapping
from foretide.exporters.traces.lines import Rows
from foretide.exporters.traces.trace import Readings, Trace, series_of

MISSING: Final = frozenset(
    {"", "nan", "NaN", "NAN", "-nan", "na", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "Null", "none", "None"}
)
PHASE: Final = "phase"
_LAST_MS: Final = 253_402_300_799_999
_NAME: Final = re.compile(r"[^\x00-\x20\x7f]{1,200}")


def read_trace(path: Path | str, mapping: ColumnMapping | None = None) -> Trace:
    """The trace at `path`, its columns matched to signals by `mapping` and the built-in rules.

    TraceError names file, line, column and remedy; MappingError an override that fits no column.
    """
    path = Path(path)
    with Rows(path) as rows:
        reader = _Reader(rows)
        if {"metric", "value"} <= set(rows.header):
            reader.read_long()
        else:
            reader.read_wide(mapping.ignored if mapping else frozenset())
    if not reader.readings:
        raise TraceError(path, "there are no rows", "A trace needs at least one.")
    if not reader.names:
        raise TraceError(path, "no column holds numbers", "A trace needs a column of readings beside ts and app_id.")
    resolved = (mapping or ColumnMapping()).resolve(reader.names)
    series = {app: series_of(app, r, reader.names, resolved) for app, r in sorted(reader.readings.items())}
    return Trace(
        path=path,
        columns=resolved,
        series={app: s for app, s in series.items() if s.values},
        rows_left_out=reader.rows_left_out,
    )


class _Reader:
    """The readings per application, as they come in."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.readings: dict[str, Readings] = {}
        self.names: list[str] = []
        self.rows_left_out = 0
        self._ts = self._place("ts", "Name the time column ts (seconds).")
        self._app = self._place("app_id", "Name the application column app_id.")

    def read_long(self) -> None:
        """Rows of one reading each."""
        metric_at, value_at = self.rows.header.index("metric"), self.rows.header.index("value")
        names: dict[str, None] = {}
        for row in self.rows:
            if not row[self._app]:
                self.rows_left_out += 1
                continue
            metric = row[metric_at]
            value = self._number(row[value_at], "value")
            if not metric:
                raise self._error("metric", "a reading needs the name of its metric", "Fill it in.")
            readings = self._readings(row[self._app])
            names[metric] = None
            series = readings.columns.get(metric)
            if series is None:
                series = readings.columns[metric] = (array("q"), array("d"))
            series[0].append(self._ms(row[self._ts]))
            series[1].append(value)
        self.names = list(names)

    def read_wide(self, ignored: frozenset[str]) -> None:
        """Rows of one sample each."""
        header = self.rows.header
        left_out = {"ts", "app_id", PHASE} | NOT_SIGNALS | ignored
        self._refuse_twice(header)
        columns = [(i, name) for i, name in enumerate(header) if name and name not in left_out]
        phase_at = header.index(PHASE) if PHASE in header else None
        numeric: set[str] = set()
        for row in self.rows:
            if not row[self._app]:
                self.rows_left_out += 1
                continue
            readings = self._readings(row[self._app])
            at_ms = self._ms(row[self._ts])
            labels = []
            for i, name in columns:
                text = row[i]
                try:
                    value = float(text)
                except ValueError:
                    if text.strip() not in MISSING:
                        if name in numeric:
                            raise self._bad_number(name, text) from None
                        labels.append(name)
                    value = nan
                if value - value != 0.0:  # NaN or infinite
                    if value == value:
                        raise self._bad_number(name, text)
                elif name not in numeric:
                    numeric.add(name)
                series = readings.columns.get(name)
                if series is None:
                    series = readings.columns[name] = (readings.at_ms, array("d"))
                series[1].append(value)
            readings.at_ms.append(at_ms)
            if phase_at is not None:
                readings.phases.append(row[phase_at].strip() or None)
            if labels:
                # The first text in a column that has held no number yet: it holds labels.
                columns = [(i, name) for i, name in columns if name not in labels]
                for other in self.readings.values():
                    for name in labels:
                        other.columns.pop(name, None)
        self.names = [name for _, name in columns if name in numeric]

    def _readings(self, app: str) -> Readings:
        readings = self.readings.get(app)
        if readings is None:
            if not _NAME.fullmatch(app):
                raise self._error(
                    "app_id", f"{app[:60]!r} is no application name", "Use 1 to 200 characters without blanks."
                )
            readings = self.readings[app] = Readings()
        return readings

    def _ms(self, text: str) -> int:
        try:
            seconds = float(text)
        except ValueError:
            raise self._error("ts", f"{text[:60]!r} is not a number of seconds", "Write the time in seconds.") from None
        if not isfinite(seconds) or seconds < 0:
            raise self._error("ts", f"{text} is not a time", "Write seconds since 1970 (or since the start).")
        at_ms = round(seconds * 1000)
        if at_ms > _LAST_MS:
            raise self._error("ts", f"{text} lies after the year 9999", "Write seconds, not milliseconds.")
        return at_ms

    def _number(self, text: str, column: str) -> float:
        try:
            value = float(text)
        except ValueError:
            if text.strip() in MISSING:
                return nan
            raise self._bad_number(column, text) from None
        if value in (float("inf"), float("-inf")):
            raise self._bad_number(column, text)
        return value

    def _bad_number(self, column: str, text: str) -> TraceError:
        return self._error(
            column,
            f"{text[:60]!r} is not a finite number",
            "Correct it, leave the field empty, or leave the column out with --ignore.",
        )

    def _error(self, column: str, reason: str, remedy: str) -> TraceError:
        return TraceError(self.rows.path, reason, remedy, self.rows.line, column)

    def _place(self, name: str, remedy: str) -> int:
        try:
            return self.rows.header.index(name)
        except ValueError:
            found = ", ".join(self.rows.header)
            raise TraceError(
                self.rows.path, f"the header lacks {name} (it has {found[:200]})", remedy, self.rows.line, name
            ) from None

    def _refuse_twice(self, header: list[str]) -> None:
        for name in header:
            if name and header.count(name) > 1:
                raise self._error(name, "the header names the column twice", "Give each column its own name.")
