"""Training a fleet model: every source read and drawn from, one network trained on all of it, its file written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foretide.deploy.fleet.asking import FAMILIES, SYNTHETIC, SignalChoice, source_name
from foretide.deploy.fleet.choosing import ALL, EVERY_OTHER, SHORTEST
from foretide.deploy.fleet.errors import FleetError
from foretide.deploy.fleet.gathering import Drawing, Gathered, gather, joined
from foretide.deploy.fleet.progress import Progress
from foretide.deploy.fleet.sources import Source, open_families, open_source, open_synthetic
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.streams.fleet.file import save
from foretide.streams.fleet.rows import Rows
from foretide.streams.fleet.training import TrainingSettings, train


@dataclass(frozen=True, slots=True)
class FleetTraining:
    """What to train on, and how."""

    out: Path
    """The model's file."""
    sources: tuple[str, ...] = ()
    """Paths of traces, or the telemetry topic's name."""
    synthetic: int = 0
    """Series of made-up applications beside them."""
    families: int = 0
    """Series of random families beside them."""
    signals: SignalChoice = field(default_factory=SignalChoice)
    """The signals to train on."""
    every_other: bool = False
    """Whether half of the series, by a hash of source and application, are left out for testing."""
    drawing: Drawing = field(default_factory=Drawing)
    """What is drawn from a series."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Licence or the like, by source."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    """How the network is trained."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came of it: the file, what each source gave, and the mean loss over the last pass."""

    out: str
    bytes: int
    sha256: str
    series: int
    rows: int
    loss: float
    seconds: float
    sources: tuple[Gathered, ...]


def train_fleet(asked: FleetTraining, kafka: KafkaSettings, progress: Progress) -> TrainingResult:
    """Train it and write `asked.out`.

    FleetError, or the error of a source, if there is nothing to train on; FleetFileError if the file cannot be written,
    which is found out beforehand as far as it can be.
    """
    began = time.monotonic()
    _writable(asked.out)
    gathered, rows = _rows(asked, kafka, progress)
    with progress.stage("training", "pass") as told:
        network, loss = train(rows, asked.training, lambda done, whole, loss: told(done, whole, f"loss {loss:.4f}"))
    used = [g for g in gathered if g.rows]
    header = save(
        asked.out,
        network,
        {g.source: asked.notes.get(g.source, "") for g in used},
        loss,
        sources={g.source: g.note for g in used},
        training=_told(asked),
    )
    return TrainingResult(
        out=str(asked.out),
        bytes=asked.out.stat().st_size,
        sha256=header.sha256,
        series=sum(g.series for g in gathered),
        rows=len(rows.inputs),
        loss=loss,
        seconds=round(time.monotonic() - began, 1),
        sources=tuple(gathered),
    )


def _told(asked: FleetTraining) -> dict[str, float]:
    """The settings that the model's file tells of; its shapes tell the others."""
    own = asked.training
    return {
        "seed": own.seed,
        "passes": own.passes,
        "batch": own.batch,
        "rate": own.rate,
        "decay": own.decay,
        "rows_per_series": asked.drawing.rows,
        "variants": float(asked.drawing.variants),
    }


def _rows(asked: FleetTraining, kafka: KafkaSettings, progress: Progress) -> tuple[list[Gathered], Rows]:
    gathered: list[Gathered] = []
    parts: list[Rows] = []
    offered: set[str] = set()
    for source in _sources(asked, kafka, progress):
        offered |= source.signals
        with progress.stage(f"reading {source.name}", "series") as told:
            found, new = gather(
                source,
                EVERY_OTHER if asked.every_other else ALL,
                asked.drawing,
                asked.training.seed,
                lambda done, whole: told(done, whole, ""),
            )
        gathered.append(found)
        parts.extend(new)
    if not parts:
        raise FleetError(_nothing(gathered, offered))
    return gathered, joined(parts)


def _sources(asked: FleetTraining, kafka: KafkaSettings, progress: Progress) -> Iterator[Source]:
    """The sources, each opened when its turn comes: one trace at a time is in memory."""
    for text in asked.sources:
        progress.say(f"opening {text}")
        yield open_source(text, kafka, asked.signals.of(source_name(text)))
    if asked.synthetic:
        yield open_synthetic(asked.synthetic, asked.training.seed, asked.signals.of(SYNTHETIC))
    if asked.families:
        yield open_families(asked.families, asked.training.seed, asked.signals.by_source.get(FAMILIES))


def _nothing(gathered: list[Gathered], offered: set[str]) -> str:
    """Why there is no series to train on."""
    short, constant, left = (sum(getattr(g, n) for g in gathered) for n in ("short", "constant", "left"))
    if not short + constant + left:
        return f"--signals: none of them is in any source; there are {', '.join(sorted(offered)) or 'none'}"
    return (
        f"no series to train on: {short} have fewer than {SHORTEST} samples, {constant} never change, "
        f"{left} are left for testing. Give longer traces or more of them"
    )


def _writable(out: Path) -> None:
    """Found out before an hour's work, not after it."""
    folder = next(p for p in (out.absolute().parent, *out.absolute().parents) if p.exists())
    if out.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise FleetError(f"--out {out} cannot be written. Give a file's path in a folder of yours.")
