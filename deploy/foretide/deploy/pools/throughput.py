"""Throughput tables as published with measurements of GPUs: how fast each kind of work runs on each GPU.

Two forms are read, plain or gzipped CSV: steps per second of a job on a GPU (columns job, gpu, steps_per_s; rows for
several GPUs or for unconsolidated ones are left out), and milliseconds of a model's layer for a batch of tokens
(columns gpu, model, tp, tokens, layer_ms; tp 1 and the largest batch count), turned into tokens per second of a layer.
"""

from __future__ import annotations

import csv
import gzip
import math
import re
from pathlib import Path

from foretide.schemas.errors import ForetideError


class TableError(ForetideError):
    """A table that cannot be read, with the row where that is known."""


Rows = dict[str, dict[str, float]]
"""Work per second, by GPU and by kind of work."""


def read_table(path: Path) -> Rows:
    """The table of a file. Names of work have their blanks replaced, as messages want it. Raises TableError."""
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            if {"job", "gpu", "steps_per_s"} <= columns:
                return _steps(reader, path)
            if {"gpu", "model", "tp", "tokens", "layer_ms"} <= columns:
                return _layers(reader, path)
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise TableError(f"{path} cannot be read ({e})") from e
    raise TableError(f"{path} has neither job, gpu, steps_per_s nor gpu, model, tp, tokens, layer_ms as columns")


def _steps(reader: csv.DictReader[str], path: Path) -> Rows:
    found: Rows = {}
    for row in reader:
        if row.get("n_gpus", "1") == "1" and row.get("unconsolidated", "0") == "0":
            speed = _number(row["steps_per_s"], path, reader.line_num)
            if speed > 0:  # 0 stands for work that does not fit the GPU
                found.setdefault(row["gpu"], {})[_name(row["job"])] = speed
    return found


def _layers(reader: csv.DictReader[str], path: Path) -> Rows:
    largest: dict[tuple[str, str], tuple[float, float]] = {}
    for row in reader:
        if row["tp"] == "1":
            tokens = _number(row["tokens"], path, reader.line_num)
            ms = _number(row["layer_ms"], path, reader.line_num)
            key = (row["gpu"], _name(row["model"]))
            if ms > 0 and tokens > largest.get(key, (0.0, 0.0))[0]:
                largest[key] = (tokens, 1000.0 * tokens / ms)
    found: Rows = {}
    for (gpu, model), (_, speed) in largest.items():
        found.setdefault(gpu, {})[model] = speed
    return found


def _name(text: str) -> str:
    return re.sub(r"\s+", "_", text.strip())


def _number(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TableError(f"{path}, line {line}: {text!r} is no number")
    return value
