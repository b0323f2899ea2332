"""foretide-actuator run: carry out a pool's commands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from foretide.actuators.actuator import Actuator
from foretide.actuators.carrying import EngineSettings
from foretide.actuators.commands.options import pool_options, simulated_pool
from foretide.actuators.drivers.simulated import Faults, SimulatedDriver
from foretide.actuators.settings import ActuatorSettings
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.service import run_until_stopped, setup_logging
from foretide.schemas.service.commands import plain_errors

_FILE = click.Path(dir_okay=False, path_type=Path)


class Range(click.ParamType):
    """Two numbers A:B with 0 <= A <= B."""

    name = "A:B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """The two numbers."""
        if isinstance(value, tuple):
            return value
        low, colon, high = str(value).partition(":")
        try:
            numbers = float(low), float(high if colon else low)
        except ValueError:
            self.fail(f"{value!r} is not of the form A:B, as in 20:80", param, ctx)
        if not 0 <= numbers[0] <= numbers[1] < float("inf"):
            self.fail(f"{value!r}: needs 0 <= A <= B", param, ctx)
        return numbers


@click.command()
@click.option("--pool", default="default", show_default=True, help="The pool whose commands are carried out.")
@click.option(
    "--apply/--dry-run",
    "apply",
    default=False,
    show_default=True,
    help="Change things; without it every outcome says what would have been done.",
)
@click.option(
    "--ledger",
    type=_FILE,
    default=Path("foretide-ledger.sqlite"),
    show_default=True,
    help="What was begun and done. It must outlive the process: after a crash it tells what not to do again.",
)
@pool_options
@click.option("--seed", type=int, default=0, show_default=True, help="Draws simulated latencies and failures.")
@click.option(
    "--latency-ms", type=Range(), default="20:80", show_default=True, help="A simulated change takes A to B ms."
)
@click.option(
    "--failure-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of simulated attempts that fail.",
)
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of the metrics endpoint.")
@click.option(
    "--metrics-port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Its port; 0: a free one."
)
@click.option("--port-file", type=_FILE, help="Write the endpoint's port here.")
@click.option("--report", type=_FILE, help="Write a JSON report here at the end.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    default="info",
    show_default=True,
    help="What to log, on stderr.",
)
@kafka_options
def command(
    pool: str,
    apply: bool,
    ledger: Path,
    driver: str,
    state: Path,
    cards: int,
    prefix: str,
    inventory: Path | None,
    seed: int,
    latency_ms: tuple[float, float],
    failure_rate: float,
    metrics_host: str,
    metrics_port: int,
    port_file: Path | None,
    report: Path | None,
    log_level: str,
    kafka: KafkaSettings,
) -> None:
    """Carry out a pool's commands, each once, and report every outcome to the pool's log.

    Changes nothing unless --apply is given. Exit codes: 0 stopped in order; 1 an error, told in one line; 70 not
    stopped within 12 s of the signal (what was begun is settled at the next start).
    """
    setup_logging(log_level)
    with plain_errors():
        settings = ActuatorSettings(
            pool=pool,
            ledger=ledger,
            engine=EngineSettings(apply=apply),
            metrics_host=metrics_host,
            metrics_port=metrics_port,
            port_file=port_file,
            report=report,
        )
        simulated = SimulatedDriver(
            simulated_pool(state, prefix, cards, inventory), Faults(seed, latency_ms, failure_rate)
        )
        actuator = Actuator(simulated, kafka, settings)

        async def main(stop: asyncio.Event) -> int:
            done = await actuator.run(stop)
            counts = ", ".join(f"{n} {status}" for status, n in done.outcomes.items()) or "no commands"
            click.echo(f"stopped: {counts}", err=True)
            return 0

        raise SystemExit(run_until_stopped(main))
