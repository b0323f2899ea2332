"""How a worker's figures grow: with applications, workers, a hot partition, samples a window. On a real Kafka.

    python benchmarks/growth.py --out growth [--sizes 100,1000,10000,100000] [--json]

Every case has a worker group of its own, whose changelog holds a snapshot of every application with a day behind it:
the start is a restart. The table goes to stdout and to OUT/growth.txt, the plot to OUT/growth.svg. The largest size
needs the memory for it, and minutes for writing the snapshots.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from measuring.cases import Case, Outcome, run_case
from measuring.plots import Panel, Series, write_plots
from measuring.report import amount, columns
from measuring.running import run, say
from measuring.scene import scene
from measuring.templates import TemplateSettings, make_templates

HEADS = (
    "case", "apps", "workers", "samples", "windows/CPU-s", "windows/s", "RSS MiB", "KiB/app", "snapshot KiB",
    "snapshots KiB/s", "restart s", "restored s",
)  # fmt: skip


def cases(chosen: argparse.Namespace) -> list[Case]:
    """The cases in the order in which they run."""
    made = [Case(f"{n} applications", n) for n in chosen.sizes]
    made += [Case(f"{n} workers", chosen.apps, workers=n) for n in chosen.workers]
    if chosen.hot_share is not None:
        made.append(
            Case("a hot partition", chosen.apps, workers=max(chosen.workers, default=1), hot_share=chosen.hot_share)
        )
    return made + [Case(f"{n} samples a window", chosen.apps, samples=n) for n in chosen.samples]


async def measure(chosen: argparse.Namespace) -> list[Outcome]:
    """All cases, one after the other, on one broker."""
    say(f"learning {chosen.history_hours:g} h of {chosen.templates} applications")
    templates = make_templates(TemplateSettings(count=chosen.templates, history_hours=chosen.history_hours))
    found = []
    async with scene(chosen.logs) as stage:
        for case in cases(chosen):
            say(case.name)
            found.append(await run_case(stage, templates, case, chosen.windows, chosen.seconds))
            say("  ".join(_row(found[-1], found)))
    return found


def _row(one: Outcome, found: Sequence[Outcome]) -> tuple[str, ...]:
    least = min(found, key=lambda o: o.apps)
    slope = (one.rss_bytes - least.rss_bytes) / (one.apps - least.apps) if one.apps > least.apps else None
    return (
        one.name, str(one.apps), str(one.workers), str(one.samples), amount(one.windows_per_cpu_second),
        amount(one.windows_per_second), amount(one.rss_bytes / 2**20),
        "" if slope is None or one.workers > least.workers else amount(slope / 1024), amount(one.snapshot_bytes / 1024),
        amount(one.snapshot_bytes_per_second / 1024), f"{one.first_prediction_seconds:.1f}",
        f"{one.restored_seconds:.1f}",
    )  # fmt: skip


def write(out: Path, found: Sequence[Outcome], table: str) -> None:
    """The table and the plot."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "growth.txt").write_text(table + "\n")
    sizes = [o for o in found if o.name.endswith("applications")]
    widths = sorted((o for o in found if o.name.endswith("samples a window")), key=lambda o: o.samples)
    apps = [float(o.apps) for o in sizes]

    def panel(y: str, ys: list[float]) -> Panel:
        return Panel("applications", y, [Series(y, apps, ys)], logarithmic=True, dots=True)

    write_plots(
        out / "growth.svg",
        "How a worker's figures grow",
        [
            panel("windows per CPU-second", [o.windows_per_cpu_second for o in sizes]),
            panel("resident MiB", [o.rss_bytes / 2**20 for o in sizes]),
            panel("snapshots, KiB per second", [o.snapshot_bytes_per_second / 1024 for o in sizes]),
            panel("seconds from the start to the first prediction", [o.first_prediction_seconds for o in sizes]),
            Panel(
                "samples a window",
                "samples per CPU-second",
                [
                    Series(
                        "", [float(o.samples) for o in widths], [o.windows_per_cpu_second * o.samples for o in widths]
                    )
                ],
                logarithmic=True,
                dots=True,
            ),
        ],
    )


def _numbers(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(",") if part)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers, as in 100,1000") from None
    if any(n < 1 for n in found):
        raise argparse.ArgumentTypeError(f"{text!r}: at least 1")
    return found


def main() -> None:
    """Measure, print, plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the table and the plot")
    parser.add_argument("--sizes", type=_numbers, default=(100, 1000, 10_000, 100_000), help="applications")
    parser.add_argument("--workers", type=_numbers, default=(1, 2), help="numbers of workers (1, 2 or 4); '' for none")
    parser.add_argument("--samples", type=_numbers, default=(1, 10, 60), help="samples a window; '' for none")
    parser.add_argument(
        "--apps", type=int, default=1000, help="applications where something else varies (default 1000)"
    )
    parser.add_argument("--hot-share", type=float, default=0.7, help="of the applications in one partition; 0 for none")
    parser.add_argument("--windows", type=int, default=160_000, help="windows fed in a case (default 160000)")
    parser.add_argument(
        "--seconds",
        type=float,
        default=40.0,
        help="longest measurement of a case (default 40: over the snapshots' cadence)",
    )
    parser.add_argument("--templates", type=int, default=4, help="applications that are learnt through (default 4)")
    parser.add_argument("--history-hours", type=float, default=25.0, help="what they live through (default 25)")
    parser.add_argument("--logs", type=Path, help="folder to keep the processes' logs in")
    parser.add_argument("--json", action="store_true", help="one JSON array as the last line")
    chosen = parser.parse_args()
    if not set(chosen.workers) <= {1, 2, 4}:
        parser.error("--workers: the four partitions are shared evenly by 1, 2 or 4")
    if not 0 <= chosen.hot_share < 1:
        parser.error("--hot-share must be at least 0 and below 1")
    if min(chosen.apps, chosen.windows, chosen.templates) < 1 or min(chosen.seconds, chosen.history_hours) <= 0:
        parser.error("--apps, --windows, --templates, --seconds and --history-hours must be above 0")
    chosen.hot_share = chosen.hot_share or None
    found = run(measure(chosen))
    table = columns(HEADS, [_row(one, found) for one in found])
    print(table)
    write(chosen.out, found, table)
    if chosen.json:
        print(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
