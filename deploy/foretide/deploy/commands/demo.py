"""`foretide demo`: the whole loop on this machine."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import click

from foretide.deploy.commands.replay import broker_given
from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings

_MARK: Final = ".foretide-demo"
_INTERRUPTED: Final = 130


@click.command()
@click.option(
    "--trace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Replay this recorded trace (CSV, gzip or not).  [default: made-up applications]",
)
@click.option("--map", "mappings", multiple=True, metavar="SIGNAL=COLUMN[*SCALE]", help="Take SIGNAL from COLUMN.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.001),
    default=60.0,
    show_default=True,
    help="Seconds of the applications' time per second.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="How long telemetry flows; then the run drains and is reckoned up.",
)
@click.option(
    "--broker",
    type=click.Choice(["kafka", "mock"]),
    default=None,
    help="The broker to start: real Apache Kafka, or librdkafka's mock.  [default: kafka if it can run here]",
)
@click.option(
    "--chaos",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Kill (SIGKILL) so many processes during the run, in turn a profile worker, the plan worker, the actuator "
    "and the broker; each is started again.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Keep logs, recordings and states in this folder.  [default: a temporary one, removed unless something fails]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object, on the last line.")
@click.option("--apps", type=click.IntRange(1, 1000), default=12, show_default=True, help="Made-up applications.")
@click.option("--seed", type=int, default=7, show_default=True, help="What the made-up applications follow from.")
@click.option(
    "--cards",
    type=click.IntRange(min=1),
    default=None,
    help="Cards in the pool: two thirds A100 80 GB, cut into MIG slices, the rest L4.  [default: one per application]",
)
@click.option(
    "--pool-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Take the cards, of any kinds, from this pool file (see `foretide pool check`).",
)
@click.option(
    "--provoke/--no-provoke",
    default=True,
    show_default=True,
    help="Say of the first application that moves to a smaller slice on another card that it ran out of memory there, "
    "so that its way back is seen.",
)
@click.option("--create-topics", is_flag=True, help="With --bootstrap: create the topics that are missing.")
@kafka_options
def command(as_json: bool, out: Path | None, broker: str | None, kafka: KafkaSettings, **options: Any) -> None:
    """Run the whole loop: broker, exporter, workers and actuator as processes of their own.

    It shows what it does, ends by itself, and then proves that its numbers agree: every window learned once, every
    command answered once, and the same decisions and models from a replay in a fresh process. With --bootstrap it uses
    a broker that exists. The exit code is 1 if anything does not agree.
    """
    from rich.console import Console

    from foretide.deploy.demo.settings import DemoSettings, SyntheticSettings

    if options["pool_file"] and options["cards"]:
        raise click.UsageError("--pool-file and --cards both say which cards there are: give one of the two.")
    theirs = broker_given()
    if theirs and broker:
        raise click.UsageError("--broker starts a broker, --bootstrap uses one that exists: give one of the two.")
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    folder = out if out is not None else Path(tempfile.mkdtemp(prefix="foretide-demo-"))
    keep = out is not None
    try:
        _make_empty(folder)
        settings = DemoSettings(
            out=folder.resolve(),
            kafka=kafka if theirs else None,
            broker=broker or "auto",  # type: ignore[arg-type]
            trace=options["trace"],
            mappings=options["mappings"],
            speed=options["speed"],
            seconds=options["seconds"],
            chaos=options["chaos"],
            cards=options["cards"],
            create_topics=options["create_topics"],
            pool_file=options["pool_file"],
            provoke=options["provoke"],
            synthetic=SyntheticSettings(apps=options["apps"], seed=options["seed"]),
        )
        if theirs:
            settings = dataclasses.replace(settings, pool=f"demo-{settings.run}")
        code = _run(settings, console, as_json)
        keep = keep or code == 1
    except ForetideError as e:
        keep = True
        raise click.ClickException(str(e)) from e
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        elif out is None:
            click.echo(f"Logs and recordings are in {folder}", err=True)
    sys.exit(code)


def _run(settings: Any, console: Any, as_json: bool) -> int:
    from foretide.deploy.demo.run import Demo

    _log_to(settings.out / "logs" / "demo.log")
    try:
        summary = asyncio.run(_until_interrupted(Demo(settings, console)))
    except asyncio.CancelledError:
        click.echo("Stopped; nothing is left running.", err=True)
        return _INTERRUPTED
    (settings.out / "summary.json").write_text(summary.to_json() + "\n")
    for line in summary.lines():
        console.print(line, markup=False)
    for finding in summary.findings:
        click.echo(f"Error: {finding}", err=True)
    if as_json:
        click.echo(summary.to_json())
    return 0 if summary.reconciled else 1


def _log_to(path: Path) -> None:
    """What libraries say goes to a file: the terminal belongs to the view."""
    from foretide.schemas.service.logs import RepeatLimit

    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(RepeatLimit())
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.WARNING)


async def _until_interrupted(demo: Any) -> Any:
    """Run the demo; the first SIGINT or SIGTERM ends it in order, later ones do not cut that short."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    return await demo.run()


def _make_empty(folder: Path) -> None:
    """Make the folder, or empty the one of an earlier demo; anything else in it is somebody's, and refused."""
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise click.UsageError(f"--out {folder} is not empty, and no earlier demo made it: give another folder.")
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).write_text("made by foretide demo; emptied by the next run\n")
    except OSError as e:
        raise click.UsageError(f"--out {folder} cannot be written: {e.strerror}") from e
