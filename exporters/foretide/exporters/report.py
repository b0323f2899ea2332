"""What a run did, as JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson

from foretide.schemas.service.files import write_whole


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run in numbers. Windows: built = sent + dropped + refused + unsent."""

    source: str
    kind: str
    pool: str
    applications: int
    samples_read: int
    samples_sent: int
    windows_built: int
    windows_sent: int
    """Distinct windows acknowledged by the broker."""
    windows_dropped: int
    """Pushed out of the full buffer."""
    windows_refused: int
    """Refused by the broker for good."""
    windows_unsent: int
    """Not acknowledged at the end; some may have arrived all the same."""
    inventory_sent: int
    first_ms: int | None
    """Event time of the first sample."""
    last_ms: int | None
    """Event time of the last sample."""
    seconds: float
    """Wall-clock time of the run."""
    cpu_seconds: float
    """Processor time of the whole process."""
    max_rss_bytes: int
    """The most memory the process held."""
    ended: str
    """Why it ended: end of source, time limit, or signal."""


def write_report(path: Path, report: Report) -> None:
    """Write the report as one file, whole or not at all; SettingsError if it cannot be written."""
    write_whole(path, orjson.dumps(msgspec.to_builtins(report), option=orjson.OPT_INDENT_2) + b"\n", "report")
