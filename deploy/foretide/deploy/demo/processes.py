"""The command lines of the demo's processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from foretide.deploy.demo.settings import SOURCE, DemoSettings
from foretide.deploy.demo.supervisor import ProcessSpec, foretide_command
from foretide.schemas.kafka.settings import KafkaSettings

PROFILE_WORKERS = ("profile-1", "profile-2")
PLAN_WORKER = "plan"
ACTUATOR = "actuator"
EXPORTER = "exporter"


@dataclasses.dataclass(frozen=True, slots=True)
class Groups:
    """The consumer groups of the two agents."""

    profile: str
    plan: str


def kafka_environment(kafka: KafkaSettings) -> dict[str, str]:
    """The settings as environment variables that every one of our commands reads."""
    return {
        f"FORETIDE_KAFKA_{f.name.upper()}": str(value)
        for f in dataclasses.fields(kafka)
        if f.name != "metadata_max_age_seconds" and (value := getattr(kafka, f.name)) is not None
    }


def worker(
    name: str,
    agent: str,
    group: str,
    settings: DemoSettings,
    kafka: KafkaSettings,
    *,
    mock: bool,
    more: Sequence[str] = (),
) -> ProcessSpec:
    """One worker of the profile or the plan agent, with `more` options of its own; it writes the port of its endpoint
    to `port_file`."""
    times = settings.times
    return ProcessSpec(
        name=name,
        command=foretide_command(
            "foretide", "worker", agent,
            "--group", group,
            "--port-file", str(port_file(settings, name)),
            "--session-timeout", f"{times.session:g}",
            "--heartbeat", f"{times.heartbeat:g}",
            "--snapshot-seconds", f"{times.snapshots:g}",
            "--commit-seconds", "1",
            *(["--pool", settings.pool] if agent == "profile" else []),
            *(["--mock-broker"] if mock else []),
            *more,
        ),
        environment=kafka_environment(kafka),
    )  # fmt: skip


def port_file(settings: DemoSettings, name: str) -> Path:
    """Where a worker writes the port of its endpoint."""
    return settings.out / "run" / f"{name}.port"


def actuator(settings: DemoSettings, kafka: KafkaSettings) -> ProcessSpec:
    """The actuator with its simulated pool; state and ledger outlive a kill."""
    run = settings.out / "run"
    return ProcessSpec(
        name=ACTUATOR,
        command=foretide_command(
            "foretide-actuator", "run",
            "--pool", settings.pool,
            "--driver", "simulated",
            "--apply",
            "--state", str(run / "pool-state.sqlite"),
            "--ledger", str(run / "ledger.sqlite"),
            "--inventory", str(settings.inventory),
            "--seed", str(settings.synthetic.seed),
        ),
        environment=kafka_environment(kafka),
    )  # fmt: skip


def exporter(settings: DemoSettings, kafka: KafkaSettings) -> ProcessSpec:
    """The exporter: it announces the cards, sends telemetry for `settings.seconds`, and writes its report."""
    common = (
        "--pool", settings.pool,
        "--source", SOURCE,
        "--speed", f"{settings.speed:g}",
        "--seconds", f"{settings.seconds:g}",
        "--inventory", str(settings.inventory),
        "--report", str(settings.report),
    )  # fmt: skip
    if settings.trace is not None:
        mapped = [part for m in settings.mappings for part in ("--map", m)]
        source = ("replay", "--trace", str(settings.trace), "--clock", "original", *mapped)
    else:
        made = settings.synthetic
        source = (
            "synthetic",
            "--apps", str(made.apps),
            "--seed", str(made.seed),
            "--step-seconds", f"{made.step_seconds:g}",
            "--window-seconds", f"{made.window_seconds:g}",
            "--day-seconds", f"{made.day_seconds:g}",
            "--clock", "original",
        )  # fmt: skip
    return ProcessSpec(
        name=EXPORTER,
        command=foretide_command("foretide-exporter", *source, *common),
        environment=kafka_environment(kafka),
        restart=False,
    )
