"""`foretide broker`: a broker on this machine."""

from __future__ import annotations

import contextlib
import signal
import threading
from pathlib import Path
from typing import Literal

import click
import orjson

from foretide.deploy.broker import RunningBroker, start


@click.group()
def command() -> None:
    """Run a broker on this machine, for a first look or for tests. It listens on loopback only."""


@command.command()
@click.option(
    "--kind",
    type=click.Choice(["auto", "kafka", "mock"]),
    default="auto",
    show_default=True,
    help="kafka: a real Apache Kafka (Java 17, Maven). mock: librdkafka's mock cluster, which keeps nothing.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Its port; 0: a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of its data, kept afterwards. Without it: a temporary one, removed at the end.",
)
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write {bootstrap, kind, version, data} there as JSON once it answers; removed at the end.",
)
def run(kind: Literal["auto", "kafka", "mock"], port: int, data: Path | None, ready_file: Path | None) -> None:
    """Run a broker until Ctrl-C or SIGTERM. The first real one downloads its jars (about 45 MB) through Maven."""
    stop = threading.Event()
    ready = threading.Event()

    def on_signal(number: int, _: object) -> None:
        stop.set()
        if not ready.is_set():  # the start is broken off; what it has begun, it cleans up itself
            raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    if ready_file:
        _remove(ready_file)  # one from an earlier run would tell of a broker that is not there
    broker = start(kind, data, port or None, say=lambda line: click.echo(line, err=True))
    ready.set()
    try:
        if ready_file:
            _tell(broker, ready_file)
        click.echo(f"{broker.name} answers on {broker.bootstrap}; data in {broker.data}", err=True)
        click.echo(f"export FORETIDE_KAFKA_BOOTSTRAP={broker.bootstrap}")
        while not stop.wait(1.0):
            if not broker.alive():
                raise click.ClickException(f"the broker ended by itself; see {broker.data / 'broker.log'}")
    finally:
        if ready_file:
            _remove(ready_file)
        broker.stop()


def _tell(broker: RunningBroker, ready_file: Path) -> None:
    facts = {
        "bootstrap": broker.bootstrap,
        "kind": broker.kind,
        "version": broker.version,
        "data": str(broker.data),
    }
    partial = ready_file.with_name(ready_file.name + ".part")
    try:
        partial.write_bytes(orjson.dumps(facts))
        partial.replace(ready_file)
    except OSError as e:
        raise click.ClickException(f"--ready-file {ready_file} cannot be written ({e.strerror})") from e


def _remove(ready_file: Path) -> None:
    with contextlib.suppress(OSError):  # where it cannot be removed it cannot be written either, which is told
        ready_file.unlink()
