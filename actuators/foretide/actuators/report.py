"""What a run did, as JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson

from foretide.schemas.service.files import write_whole


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run in numbers."""

    pool: str
    driver: str
    dry_run: bool
    outcomes: dict[str, int]
    """Commands settled in this run, by status."""
    repeated: int
    """Commands that came again after their outcome was known."""
    stale: int
    """Commands of a superseded writer: not applied, no outcome."""
    dead_letters: int
    recovered: int
    """Commands begun or untold by an earlier run, settled or told by this one."""
    seconds: float


def write_report(path: Path, report: Report) -> None:
    """Write the report as one file, whole or not at all; SettingsError if it cannot be written."""
    write_whole(path, orjson.dumps(msgspec.to_builtins(report), option=orjson.OPT_INDENT_2) + b"\n", "report")
