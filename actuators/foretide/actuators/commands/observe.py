"""foretide-actuator observe: what every application really holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec
import orjson

from foretide.actuators.commands.options import pool_options, simulated_pool
from foretide.actuators.drivers import Held
from foretide.actuators.drivers.simulated import Faults, SimulatedDriver
from foretide.actuators.errors import PoolStateError
from foretide.schemas.service.commands import plain_errors


@click.command()
@pool_options
@click.option("--app", "only", help="This application only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on one line.")
def command(
    driver: str, state: Path, cards: int, prefix: str, inventory: Path | None, only: str | None, as_json: bool
) -> None:
    """Print what every application holds, as the driver finds it."""
    with plain_errors():
        if not state.exists():
            raise PoolStateError(f"state: there is no {state}. Give the --state of a running actuator.")
        simulated = SimulatedDriver(simulated_pool(state, prefix, cards, inventory), Faults())
        held = asyncio.run(_observe(simulated, only))
    if as_json:
        click.echo(orjson.dumps(msgspec.to_builtins(held)).decode())
        return
    for app, placements in sorted(held.items()):
        for p in placements:
            click.echo(f"{app}\t{p.slice}\t{p.resource}\t{p.start}")
    if not held:
        click.echo("Nothing is held.", err=True)


async def _observe(driver: SimulatedDriver, only: str | None) -> Mapping[str, Held]:
    try:
        return await driver.observe_all() if only is None else {only: await driver.observe(only)}
    finally:
        await driver.close()
