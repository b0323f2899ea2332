"""What the planner's and the actuator's shells carry, on a real Kafka: events per CPU-second, commands per second.

    python benchmarks/shells.py [--apps 200] [--events 20000] [--commands 5000] [--json]

The plan agent is `foretide worker plan` behind a pool's log; beside it stands the same log through the planner's core
alone. The actuator is `foretide-actuator run` with a simulated pool whose changes take
no time: what is left is reading, the ledger on disk, and the outcome's way to the broker.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from foretide.schemas.topics import COMMANDS, PLAN_GROUP, POOL_EVENTS
from measuring.commands import actuator, commands
from measuring.pool_log import PoolLog, pool_log
from measuring.report import Row, amount, table
from measuring.running import run, say
from measuring.scene import Scene, scene
from measuring.templates import TemplateSettings, make_templates
from measuring.throughput import Throughput, reached, since
from measuring.worker import MeasuredProcess, MeasuringError, Worker


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures. Per CPU-second: of the measured process, all its threads."""

    plan_events_per_cpu_second: float
    core_events_per_cpu_second: float
    """The same log through the planner's core, outcomes and all, without decoding or a broker."""
    plan_events: int
    plan_decisions: int
    plan_commands: int
    actuator_commands_per_second: float
    """Of the clock on the wall: every command is on the disk before it is begun and after it is done."""
    actuator_commands_per_cpu_second: float
    actuator_commands: int


@dataclass(frozen=True, slots=True)
class Carried:
    """Commands that were carried out between two looks."""

    commands: int
    seconds: float
    cpu_seconds: float


async def plan(stage: Scene, log: PoolLog, seconds: float) -> Throughput:
    """The plan agent: the first tenth of the log, which is not counted, then all of the rest at once."""
    worker = Worker("plan", PLAN_GROUP, stage.kafka, stage.folder, agent="plan")
    tenth = len(log.records) // 10
    worker.start()
    try:
        await worker.ready(120.0)
        await stage.send_all(POOL_EVENTS, log.records[:tenth])
        first = await reached([worker], tenth, 120.0)
        await stage.send_all(POOL_EVENTS, log.records[tenth:])
        return await since(first, [worker], len(log.records), seconds)
    finally:
        worker.close()


async def act(stage: Scene, total: int, seconds: float) -> Carried:
    """The actuator: a command for every card, which is not counted, then all of the rest at once."""
    cards = 64
    rounds = max(2, total // cards)
    process, feed = actuator(stage, cards), commands(cards, rounds)
    process.start()
    try:
        await stage.send_all(COMMANDS, islice(feed, cards))
        first = await _carried(process, cards, 120.0)
        await stage.send_all(COMMANDS, feed)
        last = await _carried(process, cards * rounds * 98 // 100, seconds)
    finally:
        await process.stop()
        process.close()
    return Carried(last.commands - first.commands, last.seconds - first.seconds, last.cpu_seconds - first.cpu_seconds)


async def _carried(process: MeasuredProcess, wanted: int, seconds: float) -> Carried:
    end = time.monotonic() + seconds

    def enough(document: dict[str, Any]) -> bool:
        return sum(document["outcomes"].values()) >= wanted or time.monotonic() > end

    outcomes = (await process.until(enough, "an answer", seconds + 60.0))["outcomes"]
    if not outcomes:
        raise MeasuringError(f"no command was carried out within {seconds:.0f} s")
    if set(outcomes) - {"applied"}:
        raise MeasuringError(f"commands were not carried out as they should be: {outcomes}")
    return Carried(sum(outcomes.values()), time.monotonic(), process.cpu_seconds())


async def measure(chosen: argparse.Namespace) -> Figures:
    """Both shells, one after the other."""
    templates = make_templates(TemplateSettings(count=chosen.templates, history_hours=chosen.history_hours))
    log = pool_log(templates, chosen.apps, chosen.events)
    async with scene(chosen.logs) as stage:
        say(f"{stage.broker}: {len(log.records)} events of {chosen.apps} applications")
        planned = await plan(stage, log, chosen.seconds)
        say(f"{chosen.commands} commands")
        acted = await act(stage, chosen.commands, chosen.seconds)
    return Figures(
        plan_events_per_cpu_second=round(planned.per_cpu_second, 1),
        core_events_per_cpu_second=round(len(log.records) / max(1e-9, log.core_cpu_seconds), 1),
        plan_events=len(log.records),
        plan_decisions=log.decisions,
        plan_commands=log.commands,
        actuator_commands_per_second=round(acted.commands / max(1e-9, acted.seconds), 1),
        actuator_commands_per_cpu_second=round(acted.commands / max(1e-9, acted.cpu_seconds), 1),
        actuator_commands=acted.commands,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apps", type=int, default=200, help="applications of the pool (default 200)")
    parser.add_argument("--events", type=int, default=20_000, help="events of the pool's log (default 20000)")
    parser.add_argument("--commands", type=int, default=5000, help="commands (default 5000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="longest measurement (default 30)")
    parser.add_argument("--templates", type=int, default=4, help="applications that are learnt through (default 4)")
    parser.add_argument("--history-hours", type=float, default=25.0, help="what they live through (default 25)")
    parser.add_argument("--logs", type=Path, help="folder to keep the processes' logs in")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    chosen = parser.parse_args()
    if min(chosen.apps, chosen.events, chosen.commands, chosen.templates) < 1 or chosen.apps < chosen.templates:
        parser.error("--apps, --events, --commands and --templates must be at least 1, --apps no less than --templates")
    if min(chosen.seconds, chosen.history_hours) <= 0:
        parser.error("--seconds and --history-hours must be above 0")
    found = run(measure(chosen))
    told: list[Row] = [
        ("plan agent, events per CPU-second", amount(found.plan_events_per_cpu_second), f"{found.plan_events} events, "
         f"{found.plan_decisions} decisions, {found.plan_commands} commands"),
        ("planner's core alone", amount(found.core_events_per_cpu_second), "the same log without a shell"),
        ("actuator, commands per second", amount(found.actuator_commands_per_second), "every one on disk twice"),
        ("actuator, per CPU-second", amount(found.actuator_commands_per_cpu_second),
         f"{found.actuator_commands} commands"),
    ]  # fmt: skip
    print(table(told))
    if chosen.json:
        print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
