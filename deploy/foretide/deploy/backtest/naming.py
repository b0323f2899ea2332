"""Names, units and times as the trace has them, from windows that remember where they came from."""

from __future__ import annotations

from collections.abc import Mapping

from foretide.schemas.messages import Column, TelemetryWindow
from foretide.schemas.units import SignalName


def column_of(signal: SignalName, columns: Mapping[SignalName, Column] | None) -> Column:
    """The trace's column of a signal; the signal itself, unscaled, where the window came from no trace."""
    known = columns.get(signal) if columns else None
    return known if known is not None else Column(name=signal, scale=1.0)


def wanted_signals(window: TelemetryWindow, chosen: frozenset[str] | None) -> tuple[SignalName, ...]:
    """The window's signals that were asked for, by their own name or the trace's; all of them without a choice.

    What a second trace laid beside the first tells is known to the profile, and never forecast.
    """
    columns = {s: column_of(s, window.columns) for s in window.signals}
    return tuple(s for s, c in columns.items() if not c.beside and (chosen is None or s in chosen or c.name in chosen))


def seconds_text(ms: int) -> str:
    """Epoch milliseconds as seconds, without a fraction where there is none."""
    return str(ms // 1000) if ms % 1000 == 0 else repr(ms / 1000)


def value_text(value: float, column: Column) -> str:
    """A signal's value in the column's unit, in the shortest form that reads back the same."""
    return repr(value / column.scale)
