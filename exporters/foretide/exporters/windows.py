"""Collects samples into windows. Pure: time is what the samples and `advance` say."""

from __future__ import annotations

import heapq

from foretide.exporters.samples import Sample
from foretide.schemas.messages import Column, TelemetryWindow


class _Open:
    """A window that still takes samples."""

    __slots__ = (
        "capacity",
        "columns",
        "count",
        "next_ms",
        "phase",
        "resource",
        "signals",
        "start_ms",
        "step_ms",
        "user",
    )

    def __init__(self, sample: Sample, window_ms: int) -> None:
        self.start_ms = self.next_ms = sample.at_ms
        self.step_ms = sample.step_ms
        self.capacity = max(1, window_ms // sample.step_ms)
        self.resource = sample.resource
        self.phase = sample.phase
        self.user = sample.user
        self.columns: dict[str, Column] | None = sample.columns
        self.signals: dict[str, list[float | None]] = {}
        self.count = 0

    def continues(self, sample: Sample) -> bool:
        """Whether the sample is the window's next one."""
        return (
            sample.at_ms == self.next_ms
            and sample.step_ms == self.step_ms
            and sample.phase == self.phase
            and sample.user == self.user
            and sample.resource == self.resource
            and sample.columns == self.columns
        )

    def append(self, sample: Sample) -> None:
        signals = self.signals
        for name, value in sample.values.items():
            values = signals.get(name)
            if values is None:
                values = signals[name] = [None] * self.count
            values.append(value)
        self.count += 1
        self.next_ms += self.step_ms
        if len(signals) != len(sample.values):
            for values in signals.values():
                if len(values) < self.count:
                    values.append(None)


class WindowBuilder:
    """Cuts each application's samples into regular windows of at most `window_ms` of event time.

    A window ends when it is full; when the next sample is not one step after the last; at a change of phase, user,
    resource or step; or when event time has passed its end. No sample is lost, repeated or moved; an application's
    windows come out in order. `source` names the exporter in every window.
    """

    def __init__(self, window_ms: int, source: str) -> None:
        if window_ms < 1:
            raise ValueError("a window lasts at least 1 ms")
        self._window_ms = window_ms
        self._source = source
        self._open: dict[str, _Open] = {}
        self._ends: list[tuple[int, str, int]] = []

    @property
    def open_windows(self) -> int:
        """Windows that still take samples."""
        return len(self._open)

    def add(self, sample: Sample) -> list[TelemetryWindow]:
        """Take one sample; the windows that it closed, if any. ValueError for a sample without any signal."""
        if not sample.values:
            raise ValueError(f"{sample.app}: a sample needs at least one signal")
        closed: list[TelemetryWindow] = []
        window = self._open.get(sample.app)
        if window is not None and not window.continues(sample):
            closed.append(self._close(sample.app))
            window = None
        if window is None:
            window = self._open[sample.app] = _Open(sample, self._window_ms)
            if window.capacity > 1:
                end = window.start_ms + window.capacity * window.step_ms
                heapq.heappush(self._ends, (end, sample.app, window.start_ms))
        window.append(sample)
        if window.count >= window.capacity:
            closed.append(self._close(sample.app))
        return closed

    def advance(self, now_ms: int) -> list[TelemetryWindow]:
        """Close the windows whose time has passed at `now_ms`: their applications have fallen silent."""
        closed: list[TelemetryWindow] = []
        while self._ends and self._ends[0][0] <= now_ms:
            _, app, start_ms = heapq.heappop(self._ends)
            window = self._open.get(app)
            if window is not None and window.start_ms == start_ms:
                closed.append(self._close(app))
        return closed

    def flush(self) -> list[TelemetryWindow]:
        """Close every window, the earliest first."""
        apps = sorted(self._open, key=lambda app: (self._open[app].start_ms, app))
        self._ends.clear()
        return [self._close(app) for app in apps]

    def _close(self, app: str) -> TelemetryWindow:
        window = self._open.pop(app)
        return TelemetryWindow(
            app=app,
            resource=window.resource,
            source=self._source,
            start_ms=window.start_ms,
            step_ms=window.step_ms,
            signals=window.signals,
            phase=window.phase,
            user=window.user,
            columns=window.columns,
        )
