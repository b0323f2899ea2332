"""`foretide worker`: one worker process of the profile or the plan agent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from foretide.deploy.commands.cut_options import cut_options, gate_of
from foretide.schemas.errors import ForetideError
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.service import setup_logging
from foretide.schemas.topics import (
    COMMANDS,
    DECISIONS,
    DEVIATIONS,
    PLAN_GROUP,
    POOL_EVENTS,
    PREDICTIONS,
    PROFILE_GROUP,
    SCORECARDS,
    TELEMETRY,
)

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def command() -> None:
    """Run one worker: it learns from a topic and answers on others.

    Start as many as there is work for, up to one per partition; they share the topic's partitions. A worker that is
    killed, frozen or stopped loses nothing: another one, or the next start, goes on where its snapshots end.
    """


def worker_options(function: F) -> F:
    """The options that every worker has."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return kafka_options(function)


_OPTIONS: list[Callable[[Any], Any]] = [
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        help="Port of /metrics, /healthz and /progress on loopback; 0: a free one.",
        show_default=True,
    ),
    click.option(
        "--port-file",
        type=click.Path(dir_okay=False, path_type=Path),
        default=None,
        help="Write the port there once the endpoint answers.",
    ),
    click.option(
        "--session-timeout",
        type=click.FloatRange(1),
        default=45.0,
        show_default=True,
        help="Seconds without a sign of life after which the broker gives this worker's partitions away.",
    ),
    click.option(
        "--heartbeat",
        type=click.FloatRange(0.1),
        default=3.0,
        show_default=True,
        help="Seconds between two signs of life; at most a third of --session-timeout.",
    ),
    click.option(
        "--snapshot-seconds",
        type=click.FloatRange(0.1),
        default=30.0,
        show_default=True,
        help="The longest a change waits for its snapshot: what a crash makes the next owner read again.",
    ),
    click.option(
        "--commit-seconds",
        type=click.FloatRange(0.1),
        default=2.8,
        show_default=True,
        help="Seconds between two commits.",
    ),
    click.option(
        "--instance-id", default=None, help="A stable name for static membership: a quick restart keeps its partitions."
    ),
    click.option(
        "--group",
        default=None,
        help="Consumer group; the changelog of the snapshots is named after it.  [default: the agent's]",
    ),
    click.option(
        "--max-consecutive-dead-letters",
        type=click.IntRange(1),
        default=1000,
        show_default=True,
        help="Stop after this many unreadable records in a row.",
    ),
    click.option(
        "--stop-seconds",
        type=click.FloatRange(3),
        default=12.0,
        show_default=True,
        help="Limit for an orderly stop, also while the broker is away.",
    ),
    click.option(
        "--stall-seconds",
        type=click.FloatRange(1),
        default=60.0,
        show_default=True,
        help="/healthz fails when records wait and none was handled for this long.",
    ),
    click.option("--mock-broker", is_flag=True, help="The broker is librdkafka's mock cluster."),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        default="info",
        show_default=True,
    ),
]


@command.command()
@click.option(
    "--pool", default="default", show_default=True, help="The pool whose planner hears of these applications' needs."
)
@click.option(
    "--expert",
    "experts",
    multiple=True,
    metavar="NAME",
    help="A River regressor that forecasts besides the built-in experts, named as River does, for instance "
    "linear_model.PARegressor. Repeatable; all workers of a group, and replays, need the same.",
)
@cut_options(
    "How the pool's cards are cut: forecasts are told to its planner where they cross an edge between these classes. "
    "`foretide pool check FILE` names the geometries of a pool file.",
    "Compute of such a card, in the card that telemetry is stated in: its kind's relative_compute.",
)
@worker_options
def profile(pool: str, experts: tuple[str, ...], geometry: str, card_speed: float, **options: Any) -> None:
    """Learn every application's use from telemetry.v1; write predictions, deviations, scorecards and pool events.

    Exit codes: 0 stopped in order; 1 an error, told in one line; 3 stopped, but the broker did not take all state (the
    next owner reads those records again); 70 the stop took too long; 75 the process had been frozen for longer than
    its session: start it again.
    """
    outputs = (PREDICTIONS, DEVIATIONS, SCORECARDS, POOL_EVENTS)
    _run(lambda: _profile_core(pool, experts, geometry, card_speed), PROFILE_GROUP, TELEMETRY, outputs, **options)


@command.command()
@worker_options
def plan(**options: Any) -> None:
    """Decide every pool's placements from pool-events.v1; write decisions and commands.

    Exit codes as of `foretide worker profile`.
    """
    _run(
        _plan_core,
        PLAN_GROUP,
        POOL_EVENTS,
        (DECISIONS, COMMANDS),
        **options,
    )


# The cores are imported when their worker starts: `--help` must not load numpy.
def _profile_core(pool: str, experts: tuple[str, ...], geometry: str, card_speed: float) -> Any:
    from foretide.streams.profiling import ProfileProcessor, ProfileSettings

    return ProfileProcessor(ProfileSettings(gate=gate_of(geometry, card_speed, pool=pool), experts=experts))


def _plan_core() -> Any:
    from foretide.streams.planning import PlanProcessor

    return PlanProcessor()


def _run(
    core: Callable[[], Any], agent: str, source: str, outputs: tuple[str, ...], *, kafka: KafkaSettings, **options: Any
) -> None:
    from foretide.streams.worker.run import run_worker
    from foretide.streams.worker.settings import (
        EndpointSettings,
        LimitSettings,
        SessionSettings,
        SnapshotSettings,
        WorkerSettings,
    )

    setup_logging(options["log_level"])
    timeout = options["session_timeout"]
    try:
        settings = WorkerSettings(
            kafka=kafka,
            group=options["group"] or agent,
            source_topic=source,
            output_topics=outputs,
            mock_broker=options["mock_broker"],
            session=SessionSettings(
                timeout=timeout,
                heartbeat=options["heartbeat"],
                rebalance_timeout=min(60.0, max(timeout, 6.0)),
                commit_interval=options["commit_seconds"],
                instance_id=options["instance_id"],
            ),
            snapshots=SnapshotSettings(cadence=options["snapshot_seconds"]),
            limits=LimitSettings(
                dead_letters_consecutive=options["max_consecutive_dead_letters"], stop_seconds=options["stop_seconds"]
            ),
            endpoint=EndpointSettings(
                port=options["port"], port_file=options["port_file"], stall_seconds=options["stall_seconds"]
            ),
        )
        code = run_worker(core(), settings)
    except ForetideError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(code)
