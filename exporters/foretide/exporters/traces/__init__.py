"""Recorded telemetry: long and wide CSV files, gzip or plain, as samples and windows in time order."""

from foretide.exporters.traces.beside import OLDEST_SECONDS, lay_beside, read_beside
from foretide.exporters.traces.reader import read_trace
from foretide.exporters.traces.trace import Joined, Series, Trace

__all__ = ["OLDEST_SECONDS", "Joined", "Series", "Trace", "lay_beside", "read_beside", "read_trace"]
