"""The exporter's errors.

ExporterError
├── TraceError          a trace file that cannot be read: file, line, column, remedy
├── MappingError        columns and signals that cannot be matched
├── SourceUnavailable   the source's prerequisites are missing (driver, library, rights)
└── NotDelivered        the end came before everything was sent
"""

from __future__ import annotations

from pathlib import Path

from foretide.schemas.errors import ForetideError


class ExporterError(ForetideError):
    """Root of the exporter's errors; `str()` is one line fit for a user."""


class TraceError(ExporterError):
    """A trace file that cannot be read. `line` and `column` are None where the whole file is meant."""

    def __init__(
        self, path: Path, reason: str, remedy: str, line: int | None = None, column: str | None = None
    ) -> None:
        place = str(path)
        if line is not None:
            place += f", line {line}"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {reason}. {remedy}")
        self.path = path
        self.line = line
        self.column = column


class MappingError(ExporterError):
    """A column cannot be matched to a signal: `what` names the option or column, `remedy` what to do."""

    def __init__(self, what: str, reason: str, remedy: str) -> None:
        super().__init__(f"{what}: {reason}. {remedy}")


class SourceUnavailable(ExporterError):
    """The source's prerequisites are missing on this host."""

    def __init__(self, source: str, reason: str, remedy: str) -> None:
        super().__init__(f"{source}: {reason}. {remedy}")


class NotDelivered(ExporterError):
    """The exporter ended with windows it could not send."""
