"""Telemetry: windows of samples. Topic telemetry.v1, key app."""

from __future__ import annotations

from foretide.schemas.messages.base import Message, Part
from foretide.schemas.units import EpochMs, Label, Name, SignalName, StepMs, all_finite, require_finite


class Column(Part, frozen=True, kw_only=True, omit_defaults=True):
    """Where a replayed signal came from: the trace's column, and signal value = column value x `scale`.

    `beside`: the column is a second trace's, laid beside the first; it may help to forecast, and is not forecast.
    """

    name: Label
    scale: float
    beside: bool = False

    def __post_init__(self) -> None:
        require_finite(scale=self.scale)


class TelemetryWindow(Message, frozen=True, kw_only=True):
    """Equally spaced samples of one application on one resource.

    `app` is the unit that is sized: one slice. An application on several devices at once publishes one app name per
    device. Sample i was taken at `start_ms + i * step_ms`. `signals` holds one array per signal, all of the same
    length of at least 1; None is a reading that is unsupported or missing, never 0. `source` is the exporter, `phase`
    what the application says it is doing, `user` whom it serves or belongs to. `columns`, in a replay of a trace, tells
    where each signal came from.
    """

    app: Name
    resource: Name
    source: Name
    start_ms: EpochMs
    step_ms: StepMs
    signals: dict[SignalName, list[float | None]]
    phase: Label | None = None
    user: Label | None = None
    columns: dict[SignalName, Column] | None = None

    def __post_init__(self) -> None:
        lengths = set(map(len, self.signals.values()))
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError("signals: every array must have the same length of at least 1")
        for name, values in self.signals.items():
            if not all_finite(values):
                raise ValueError(f"signals.{name}: holds a number that is not finite; send null for a missing reading")

    @property
    def samples(self) -> int:
        """Number of samples in the window."""
        return len(next(iter(self.signals.values())))

    @property
    def end_ms(self) -> int:
        """Time of the last sample."""
        return self.start_ms + (self.samples - 1) * self.step_ms
