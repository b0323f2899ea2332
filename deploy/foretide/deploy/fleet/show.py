"""A fleet model's file as people and programs read it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from foretide.deploy.fleet.gathering import Gathered
from foretide.deploy.fleet.train import TrainingResult
from foretide.deploy.tables import UNKNOWN, aligned, number
from foretide.streams.fleet.file import FleetHeader, SourceNote
from foretide.streams.fleet.network import Network


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model: its `file`, `bytes` long; `nets` networks of `layers` units each, inputs first, and so many `numbers`.

    `steps` are samples ahead. `loss` is the mean pinball loss of the last pass of training, in units of the scale."""

    file: str
    format: str
    bytes: int
    nets: int
    layers: tuple[int, ...]
    numbers: int
    shapes: tuple[tuple[int, ...], ...]
    steps: tuple[int, ...]
    kinds: tuple[str, ...]
    levels: tuple[float, ...]
    loss: float
    sha256: str
    training: dict[str, float]
    trained_on: dict[str, str]
    sources: dict[str, SourceNote]


def view_of(network: Network, header: FleetHeader, file: str, size: int) -> ModelView:
    """What `file`, `size` bytes long, holds."""
    arrays = [array for layer in network.layers for array in layer]
    weights = [array.shape for array, _ in network.layers]
    return ModelView(
        file=file,
        format=header.format,
        bytes=size,
        nets=weights[0][0],
        layers=(*(shape[1] for shape in weights), weights[-1][2]),
        numbers=sum(array.size for array in arrays),
        shapes=tuple(tuple(shape) for shape in header.shapes),
        steps=header.steps,
        kinds=header.kinds,
        levels=header.levels,
        loss=header.loss,
        sha256=header.sha256,
        training=header.training,
        trained_on=header.trained_on,
        sources=header.sources,
    )


def text_of(view: ModelView) -> str:
    """The model as a table, and another one of what it was trained on."""
    lines = aligned(
        [
            ("model", view.file),
            ("format", view.format),
            ("networks", f"{view.nets} of {'-'.join(str(n) for n in view.layers)} units"),
            ("size", f"{view.numbers} numbers, {view.bytes / 1024:.0f} KiB"),
            ("shapes", " ".join("x".join(str(n) for n in shape) for shape in view.shapes)),
            ("samples ahead", _listed(view.steps)),
            ("kinds", _listed(view.kinds)),
            ("levels", _listed(view.levels)),
            ("loss", number(view.loss)),
            ("training", ", ".join(f"{name} {value:g}" for name, value in view.training.items()) or UNKNOWN),
            ("sha256", view.sha256),
        ],
        left=2,
    )
    names = sorted(view.trained_on.keys() | view.sources.keys())
    if not names:
        return "\n".join([*lines, "", "what it was trained on is not told"])
    table = aligned(
        [("trained on", "taken", "series", "rows"), *(_trained(n, view.sources.get(n)) for n in names)], left=2
    )
    words = ["note", *(view.trained_on.get(name, "") for name in names)]
    return "\n".join([*lines, "", *(f"{line}  {word}".rstrip() for line, word in zip(table, words, strict=True))])


def _trained(name: str, note: SourceNote | None) -> tuple[str, ...]:
    if note is None:
        return (name, UNKNOWN, UNKNOWN, UNKNOWN)
    return (name, note.share, str(note.series), str(note.rows))


def text_of_result(result: TrainingResult) -> str:
    """What came of a training: a line for each source, and of all."""
    header = ("source", "series", "rows", "for testing", "too short", "constant")
    table = aligned([header, *(_source(g) for g in result.sources)])
    unreadable = sum(g.unreadable for g in result.sources)
    passed = [f"{unreadable} records that are no telemetry were passed over"] if unreadable else []
    return "\n".join(
        [
            *table,
            *passed,
            f"trained on {result.rows} rows of {result.series} series in {result.seconds:g} s: "
            f"loss {number(result.loss)}",
            f"wrote {result.out}, {result.bytes / 1024:.0f} KiB",
        ]
    )


def _source(gathered: Gathered) -> tuple[str, ...]:
    counts = (gathered.series, gathered.rows, gathered.left, gathered.short, gathered.constant)
    return (gathered.source, *(str(n) for n in counts))


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(str(v) for v in values)
