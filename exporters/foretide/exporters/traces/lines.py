"""The rows of a CSV file, gzip or plain, with errors that say where."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from foretide.exporters.errors import TraceError

_GZIP_MAGIC: Final = b"\x1f\x8b"


class Rows:
    """A CSV file's `header` and, by iteration, its rows; `line` is the line of the row given last.

    Use it as a context manager. Blank lines are skipped; a row with more or fewer fields than the header is a
    TraceError, as is whatever else keeps the file from being read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        self.header: list[str] = []

    def __enter__(self) -> Rows:
        try:
            raw = self.path.open("rb")
        except OSError as e:
            raise TraceError(self.path, f"cannot be read ({e.strerror})", "Give the path of a CSV file.") from e
        try:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
        except OSError as e:
            raw.close()
            raise TraceError(self.path, f"cannot be read ({e.strerror})", "Give the path of a CSV file.") from e
        self._raw = raw
        stream = gzip.GzipFile(fileobj=raw, mode="rb") if packed else raw
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        self._reader = csv.reader(self._text)
        try:
            header = self._next()
            if header is None:
                raise TraceError(self.path, "the file is empty", "A trace begins with a header line.")
        except TraceError:
            self.__exit__()
            raise
        self.header = [name.strip() for name in header]
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()

    def __iter__(self) -> Iterator[list[str]]:
        width = len(self.header)
        while (row := self._next()) is not None:
            if len(row) != width:
                raise TraceError(
                    self.path,
                    f"the row has {len(row)} fields, the header {width}",
                    "Correct the row; a missing value is an empty field.",
                    self.line,
                )
            yield row

    def _next(self) -> list[str] | None:
        """The next row that is not blank, or None at the end."""
        try:
            for row in self._reader:
                if row:
                    self.line = self._reader.line_num
                    return row
        except UnicodeDecodeError as e:
            # Text is decoded in blocks: which line it was cannot be told.
            raise TraceError(self.path, "the text is not UTF-8", "Convert it to UTF-8.") from e
        except csv.Error as e:
            raise TraceError(self.path, f"not CSV ({e})", "Correct the line.", self.line + 1) from e
        except (EOFError, gzip.BadGzipFile, zlib.error, OSError) as e:
            raise TraceError(
                self.path, f"the file is damaged or cut short ({e})", "Fetch it anew.", self.line + 1
            ) from e
        return None
