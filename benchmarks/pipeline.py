"""What the pipeline carries, end to end on a real Kafka: everything in one run, so that ratios hold on any machine.

    python benchmarks/pipeline.py [--apps 600] [--history-hours 25] [--profile] [--json]

The worker is `foretide worker profile` as a process of its own with the full default model stack. Applications are
copies of a few synthetic ones that a core has learnt through for --history-hours, so all rungs and experts are warm;
the copies' snapshots lie in the worker's changelog, as after a restart. docs/performance.md explains each figure.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

from measuring.bare import BareResult, bare_latency, bare_per_cpu_second
from measuring.cores import Cores, apart
from measuring.fleet import Fleet
from measuring.memory import live_bytes_per_application
from measuring.naive import naive_samples_per_cpu_second
from measuring.phases import Backlog, Load, backlog, paced_load, snapshot_bytes
from measuring.report import Row, amount, kib, print_profile, table
from measuring.running import run, say
from measuring.sampling import find_py_spy
from measuring.scene import scene
from measuring.templates import TemplateSettings, make_templates

SAVED = 48
"""Applications whose snapshots are looked at."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What to measure, and for how long."""

    templates: TemplateSettings
    apps: int
    windows: int
    """Windows of the backlog: enough that the worker never waits."""
    seconds: float
    """Length of each measurement."""
    stop_seconds: float
    """How long the worker is away before it catches up."""
    load: float
    """Share of the measured throughput at which latency and catching up are measured."""
    naive_apps: int
    naive_samples: int
    profile: bool
    quick: bool
    """Only the backlog and its profile."""
    keep: Path | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured."""

    warm_seconds: float
    live_bytes: int
    cores: Cores
    backlog: Backlog
    bare: float = 0.0
    naive: float = 0.0
    snapshot_bytes: float = 0.0
    load: Load | None = None
    bare_load: BareResult | None = None


async def measure(settings: Settings) -> Figures:
    """Run all parts, one after the other."""
    began = time.process_time()
    say(f"learning {settings.templates.history_hours:g} h of {settings.templates.count} applications")
    templates = make_templates(settings.templates)
    warm = time.process_time() - began
    fleet = Fleet(templates, settings.apps)
    say("memory of the core")
    few, many = max(16, settings.apps // 4), max(32, settings.apps)
    live = live_bytes_per_application(templates, few, many)
    cores = apart()
    async with scene(settings.keep, cores) as stage:
        say(f"{stage.broker}: a backlog of {settings.windows} windows of {settings.apps} applications")
        found = await backlog(stage, fleet, settings.windows, settings.seconds, settings.profile)
        if settings.quick:
            return Figures(warm, live, cores, found)
        say("the bare loop")
        records = max(1, settings.windows // settings.apps) * settings.apps
        bare = await bare_per_cpu_second(stage, found.starts, min(40_000, records), round(found.prediction_bytes))
        rate = settings.load * found.throughput.per_second
        say(f"a load of {rate:.0f} windows/s, then a stop of {settings.stop_seconds:g} s")
        load = await paced_load(stage, fleet, rate, settings.seconds, settings.stop_seconds)
        say("snapshots")
        kept = await snapshot_bytes(stage, Fleet(templates, min(SAVED, settings.apps)), settings.seconds)
        say("the bare loop under the same load")
        size = round(found.prediction_bytes)
        bare_load = await bare_latency(stage, fleet, rate, settings.seconds, size)
        say("the naive app")
        naive = await naive_samples_per_cpu_second(stage, settings.naive_apps, settings.naive_samples, settings.seconds)
        return Figures(warm, live, cores, found, bare, naive, kept, load, bare_load)


def rows(settings: Settings, found: Figures) -> list[Row]:
    """The table."""
    done, samples = found.backlog.throughput, settings.templates.samples
    made: list[Row] = [
        ("applications", str(settings.apps), f"copies of {settings.templates.count} synthetic ones, "
         f"each with {settings.templates.history_hours:g} h of windows of {samples} samples learnt before"),
        ("windows per CPU-second", amount(done.per_cpu_second), f"{done.windows} windows, {done.cpu_seconds:.1f} "
         f"CPU-seconds, {done.seconds:.1f} s, {done.snapshots} snapshots written"),
        ("samples per CPU-second", amount(done.per_cpu_second * samples), "2 sized signals a sample"),
        ("CPU of a window", f"{1e6 / done.per_cpu_second:,.0f} us", f"all of the worker's threads, {found.cores}"),
        ("live bytes of an application", kib(found.live_bytes), "of the core, slope between two numbers of them"),
        ("worker's memory", f"{done.rss_bytes / 2**20:,.0f} MiB", "resident, at the end of the backlog"),
        ("an answer", kib(found.backlog.prediction_bytes), "mean of the predictions"),
    ]  # fmt: skip
    if found.load is None or found.bare_load is None:
        return made
    load, least = found.load, found.bare_load
    return [
        *made,
        ("bare loop per CPU-second", amount(found.bare), f"{found.bare / done.per_cpu_second:.1f} times the worker"),
        ("naive samples per CPU-second", amount(found.naive), "the worker carries "
         f"{done.per_cpu_second * samples / max(found.naive, 1e-9):.1f} times as many"),
        ("latency p50", f"{load.latency.p50:.0f} ms", f"at {load.rate:.0f} windows/s, {load.latency.answered} answers"),
        ("latency p99", f"{load.latency.p99:.0f} ms", f"{load.latency.unanswered} without an answer; the producer was "
         f"late by {load.behind_ms:.0f} ms at worst"),
        ("bare loop, p50, p99", f"{least.p50:.0f}, {least.p99:.0f} ms", "at the same load: broker, producer, machine"),
        ("snapshot of an application", kib(found.snapshot_bytes), "mean of what the changelog gets for one"),
        ("catch-up", f"{load.catch_up_ratio:.2f} x", f"real time, {load.catch_up_seconds:.1f} s after "
         f"{settings.stop_seconds:g} s away; ready {load.restart_seconds:.1f} s after the start"),
    ]  # fmt: skip


def document(settings: Settings, found: Figures) -> dict[str, object]:
    """The JSON object."""
    done, load, least = found.backlog.throughput, found.load, found.bare_load
    return {
        "windows_per_cpu_second": round(done.per_cpu_second, 1),
        "samples_per_cpu_second": round(done.per_cpu_second * settings.templates.samples, 1),
        "bare_per_cpu_second": round(found.bare, 1),
        "naive_samples_per_cpu_second": round(found.naive, 1),
        "latency_ms": {"p50": load.latency.p50 if load else None, "p99": load.latency.p99 if load else None},
        "bare_latency_ms": {"p50": least.p50 if least else None, "p99": least.p99 if least else None},
        "live_bytes_per_application": found.live_bytes,
        "snapshot_bytes_per_application": round(found.snapshot_bytes) if load else None,
        "catch_up_ratio": round(load.catch_up_ratio, 3) if load else None,
        "windows_per_second": round(done.per_second, 1),
        "bare_ratio": round(found.bare / done.per_cpu_second, 2),
        "naive_ratio": round(done.per_cpu_second * settings.templates.samples / found.naive, 2)
        if found.naive
        else None,
        "load_windows_per_second": round(load.rate, 1) if load else None,
        "unanswered": load.latency.unanswered if load else None,
        "restart_seconds": round(load.restart_seconds, 2) if load else None,
        "prediction_bytes": round(found.backlog.prediction_bytes),
        "worker_rss_bytes": done.rss_bytes,
        "applications": settings.apps,
        "history_hours": settings.templates.history_hours,
        "stages": dict(found.backlog.profile.shares) if found.backlog.profile else None,
    }


def arguments() -> tuple[Settings, bool]:
    """The settings on the command line, and whether JSON is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apps", type=int, default=600, help="applications (default 600)")
    parser.add_argument("--windows", type=int, default=120_000, help="windows of the backlog (default 120000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each measurement (default 30)")
    parser.add_argument("--stop-seconds", type=float, default=60.0, help="how long the worker is away (default 60)")
    parser.add_argument("--load", type=float, default=0.5, help="share of the throughput that is paced (default 0.5)")
    parser.add_argument("--templates", type=int, default=4, help="applications that are learnt through (default 4)")
    parser.add_argument("--history-hours", type=float, default=25.0, help="what they have lived through (default 25)")
    parser.add_argument("--samples", type=int, default=10, help="samples of a window (default 10)")
    parser.add_argument("--step-seconds", type=float, default=1.0, help="time between two samples (default 1)")
    parser.add_argument("--naive-apps", type=int, default=2, help="applications of the naive app (default 2)")
    parser.add_argument("--naive-samples", type=int, default=9000, help="samples of each of them (default 9000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the usage (default 1)")
    parser.add_argument("--profile", action="store_true", help="sample the worker with py-spy; a table by stage")
    parser.add_argument("--quick", action="store_true", help="only the backlog (and its profile)")
    parser.add_argument("--logs", type=Path, help="folder to keep the processes' logs and the stacks in")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    chosen = parser.parse_args()
    whole = ("apps", "windows", "templates", "samples", "naive_apps", "naive_samples")
    if min(getattr(chosen, name) for name in whole) < 1:
        parser.error(f"{', '.join('--' + name.replace('_', '-') for name in whole)} must be at least 1")
    if not 0 < chosen.load <= 1 or min(chosen.seconds, chosen.history_hours) <= 0 or chosen.step_seconds < 0.001:
        parser.error(
            "--load is above 0 and at most 1, --seconds and --history-hours above 0, --step-seconds .001 or more"
        )
    if chosen.windows < 4 * chosen.apps:
        parser.error("--windows must be at least four times --apps: the first turn does not count")
    if chosen.profile:
        find_py_spy()
    step_ms = round(chosen.step_seconds * 1000)
    settings = Settings(
        templates=TemplateSettings(chosen.templates, chosen.history_hours, chosen.samples, step_ms, chosen.seed),
        apps=chosen.apps,
        windows=chosen.windows,
        seconds=chosen.seconds,
        stop_seconds=chosen.stop_seconds,
        load=chosen.load,
        naive_apps=chosen.naive_apps,
        naive_samples=chosen.naive_samples,
        profile=chosen.profile,
        quick=chosen.quick,
        keep=chosen.logs,
    )
    return settings, chosen.json


def main() -> None:
    """Measure and print."""
    settings, as_json = arguments()
    found = run(measure(settings))
    print(table(rows(settings, found)))
    if found.backlog.profile is not None:
        print_profile(found.backlog.profile, 1e6 / found.backlog.throughput.per_cpu_second)
    if as_json:
        print(json.dumps(document(settings, found)))


if __name__ == "__main__":
    main()
