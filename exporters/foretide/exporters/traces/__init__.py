"""Recorded telemetry: long and wide CSV files, gzip or plain, as samples and windows in time order."""

from foretide.exporters.traces.reader import read_trace
from foretide.exporters.traces.trace import Series, Trace

__all__ = ["Series", "Trace", "read_trace"]
