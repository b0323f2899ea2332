"""`foretide fleet`: the network that all applications share."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from foretide.deploy.commands.replay import broker_given
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Train the network that all applications share, and show what is in its file.

    It forecasts an application of which nothing has been learnt yet; what is learnt of each comes on top.
    """


@command.command()
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="TRACE|TOPIC",
    help="A trace (CSV, long or wide, gzip or not), or telemetry.v1 with --bootstrap. May be given again.",
)
@click.option(
    "--synthetic",
    type=click.IntRange(1, 100_000),
    metavar="NUMBER",
    help="So many series of made-up applications beside them.",
)
@click.option(
    "--families",
    type=click.IntRange(0, 100_000),
    default=0,
    show_default=True,
    metavar="NUMBER",
    help="So many series of random families beside them: bursts, rhythms, plateaus and so on.",
)
@click.option("--out", required=True, type=_FILE, help="The model's file; it is written whole or not at all.")
@click.option(
    "--signals",
    multiple=True,
    metavar="[SOURCE=]A[,B...]",
    help="Only these, by the source's names or ours; for one source where it is named. May be given again.",
)
@click.option("--every-other", is_flag=True, help="Train on half of the applications, by a hash; test on the others.")
@click.option(
    "--rows-per-series",
    type=click.IntRange(1),
    default=1200,
    show_default=True,
    help="Rows of a series, and of each variant of it, at most.",
)
@click.option(
    "--variants/--no-variants",
    default=True,
    show_default=True,
    help="Train on recorded series also as means and peaks of several samples, above a threshold, and rounded.",
)
@click.option("--hidden", type=click.IntRange(1, 4096), default=128, show_default=True, help="Units of a hidden layer.")
@click.option("--nets", type=click.IntRange(1, 64), default=2, show_default=True, help="Networks that are averaged.")
@click.option("--passes", type=click.IntRange(1), default=14, show_default=True, help="Passes over all rows.")
@click.option(
    "--decay",
    type=click.FloatRange(0, 10),
    default=0.02,
    show_default=True,
    help="What is taken off a weight in a step, as a share, in units of the step's size.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Every number drawn follows from it."
)
@click.option(
    "--note",
    "notes",
    multiple=True,
    metavar="SOURCE=TEXT",
    help="The licence of a source, for the model's file. A source's name is its file's, without .csv and .gz.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@kafka_options
def train(
    kafka: KafkaSettings,
    sources: tuple[str, ...],
    synthetic: int | None,
    families: int,
    out: Path,
    signals: tuple[str, ...],
    every_other: bool,
    rows_per_series: int,
    variants: bool,
    hidden: int,
    nets: int,
    passes: int,
    decay: float,
    seed: int,
    notes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Train a fleet model on recorded series, on the telemetry of a running system, and on made-up series.

    Series that are too short or never change are left out and counted. The same sources, options and machine give the
    same file. What it was trained on is part of it: `foretide fleet show FILE`.
    """
    from foretide.deploy.fleet.asking import is_topic, parse_notes, parse_signals, source_names
    from foretide.deploy.fleet.gathering import Drawing
    from foretide.deploy.fleet.progress import Progress
    from foretide.deploy.fleet.show import text_of_result
    from foretide.deploy.fleet.train import FleetTraining, train_fleet
    from foretide.streams.fleet.training import TrainingSettings

    if any(is_topic(source) for source in sources) and not broker_given():
        raise click.UsageError("Give --bootstrap HOST:PORT with --from telemetry.v1.")
    names = source_names(sources, synthetic=synthetic is not None, families=families > 0)
    asked = FleetTraining(
        out=out,
        sources=sources,
        synthetic=synthetic or 0,
        families=families,
        signals=parse_signals(signals, names),
        every_other=every_other,
        drawing=Drawing(rows=rows_per_series, variants=variants),
        notes=parse_notes(notes, names),
        training=TrainingSettings(hidden=hidden, nets=nets, passes=passes, decay=decay, seed=seed),
    )
    result = train_fleet(asked, kafka, Progress())
    click.echo(text_of_result(result))
    if as_json:
        click.echo(_json(result))


@command.command()
@click.argument("file", required=False, type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(file: Path | None, as_json: bool) -> None:
    """Show a fleet model: FILE, or the one that ships with Foretide."""
    from foretide.deploy.fleet.show import text_of, view_of
    from foretide.streams.fleet.file import DEFAULT_NAME, content_of, parse

    name = DEFAULT_NAME if file is None else str(file)
    content = content_of(file)
    view = view_of(*parse(content, name), name, len(content))
    click.echo(_json(view) if as_json else text_of(view))


def _json(result: object) -> str:
    from msgspec import to_builtins

    return orjson.dumps(to_builtins(result)).decode()
