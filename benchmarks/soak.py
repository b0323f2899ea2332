"""Twenty minutes at half load with a hand-over every two: does memory stay flat, is nobody left waiting?

    python benchmarks/soak.py --out soak [--minutes 20] [--every-seconds 120] [--apps 600] [--json]

The load is half of what the worker carried in a short run before, unless --rate says otherwise. One worker stays; a
second one is started, or stopped, at every hand-over. The table goes to stdout and to OUT/soak.txt, the plot to
OUT/soak.svg.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from foretide.deploy.demo.reconcile import percentile
from measuring.fleet import Fleet
from measuring.phases import backlog
from measuring.plots import Panel, Series, write_plots
from measuring.report import Row, amount, table
from measuring.running import run, say
from measuring.scene import scene
from measuring.soaking import Soak, soak
from measuring.templates import TemplateSettings, make_templates

MIB = 2**20


async def measure(chosen: argparse.Namespace) -> Soak:
    """The short run that tells the load, unless it is given, and the soak."""
    say(f"learning {chosen.history_hours:g} h of {chosen.templates} applications")
    fleet = Fleet(make_templates(TemplateSettings(chosen.templates, chosen.history_hours)), chosen.apps)
    async with scene(chosen.logs) as stage:
        rate = chosen.rate
        if rate is None:
            found = await backlog(stage, fleet, max(40_000, 6 * chosen.apps), 20.0, profiled=False)
            rate = found.throughput.per_second / 2
        say(f"{chosen.minutes:g} minutes at {rate:.0f} windows/s")
        return await soak(stage, fleet, rate, chosen.minutes * 60, chosen.every_seconds, say)


def growth_per_hour(found: Soak) -> float:
    """How fast memory grows after the warm-up, the first third: bytes an hour, from the peak of the second third to the
    last one's. Peaks, because the worker that stays gives half of its applications away in turns."""
    parts = [_third(found, n) for n in (1, 2)]
    if not all(parts):
        return 0.0
    hours = (found.times[-1] - found.times[0]) / 3 / 3600
    return (max(parts[1]) - max(parts[0])) / max(1e-9, hours)


def _third(found: Soak, number: int) -> list[int]:
    size = len(found.rss_bytes) // 3
    return found.rss_bytes[number * size : (number + 1) * size]


def document(found: Soak) -> dict[str, float]:
    """The figures."""
    lags = sorted(float(lag) for lag in found.lags)
    thirds = [max(_third(found, n), default=0) for n in (0, 1, 2)]
    return {
        "seconds": round(found.times[-1], 1) if found.times else 0.0,
        "rate": round(found.rate, 1),
        "windows_sent": found.sent,
        "predictions": found.predictions,
        "hand_overs": len(found.hand_overs),
        "rss_first_third_bytes": thirds[0],
        "rss_second_third_bytes": thirds[1],
        "rss_last_third_bytes": thirds[2],
        "rss_growth_bytes_per_hour": round(growth_per_hour(found)),
        "lag_p50": percentile(lags, 0.5) or 0.0,
        "lag_p99": percentile(lags, 0.99) or 0.0,
        "lag_most": lags[-1] if lags else 0.0,
        "lag_at_the_end": float(found.lags[-1]) if found.lags else 0.0,
        "longest_gap_seconds": round(found.longest_gap, 2),
        "typical_longest_gap_seconds": round(found.typical_gap, 2),
        "silent_applications": found.silent,
        "producer_behind_seconds": round(found.behind, 3),
    }


def rows(found: Soak, interval: float) -> list[Row]:
    """The table."""
    told = document(found)
    return [
        ("run", f"{told['seconds']:.0f} s", f"{told['windows_sent']} windows at {told['rate']:.0f}/s, "
         f"{told['hand_overs']} hand-overs, {told['predictions']} predictions"),
        ("memory", f"{told['rss_last_third_bytes'] / MIB:.0f} MiB", "most in the last third; in the second "
         f"{told['rss_second_third_bytes'] / MIB:.0f}, in the first {told['rss_first_third_bytes'] / MIB:.0f}"),
        ("memory's growth", f"{told['rss_growth_bytes_per_hour'] / MIB:+.1f} MiB/h", "after the first third"),
        ("lag p99", f"{amount(told['lag_p99'])}", f"windows; at most {told['lag_most']:.0f}, half of the time no more "
         f"than {told['lag_p50']:.0f}, at the end {told['lag_at_the_end']:.0f}"),
        ("longest gap", f"{found.longest_gap:.1f} s",
         f"of any application, {found.typical_gap:.1f} s of the median one; "
         f"windows come every {interval:.1f} s"),
        ("silent applications", str(found.silent), "were sent telemetry and never answered"),
    ]  # fmt: skip


def write(out: Path, found: Soak, text: str) -> None:
    """The table and the plot."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "soak.txt").write_text(text + "\n")
    minutes = [t / 60 for t in found.times]
    resident = [b / MIB for b in found.rss_bytes]
    write_plots(
        out / "soak.svg",
        "Memory and lag over a soak",
        [
            Panel("minutes", "resident MiB of the worker that stays", [Series("", minutes, resident)]),
            Panel("minutes", "windows that wait", [Series("", minutes, [float(lag) for lag in found.lags])]),
        ],
    )


def main() -> None:
    """Measure, print, plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the table and the plot")
    parser.add_argument("--minutes", type=float, default=20.0, help="length (default 20)")
    parser.add_argument("--every-seconds", type=float, default=120.0, help="between two hand-overs (default 120)")
    parser.add_argument("--apps", type=int, default=600, help="applications (default 600)")
    parser.add_argument("--rate", type=float, help="windows a second; default half of what a short run carried")
    parser.add_argument("--templates", type=int, default=4, help="applications that are learnt through (default 4)")
    parser.add_argument("--history-hours", type=float, default=25.0, help="what they live through (default 25)")
    parser.add_argument("--logs", type=Path, help="folder to keep the processes' logs in")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    chosen = parser.parse_args()
    if min(chosen.apps, chosen.templates) < 1 or min(chosen.minutes, chosen.every_seconds, chosen.history_hours) <= 0:
        parser.error("--apps, --templates, --minutes, --every-seconds and --history-hours must be above 0")
    if chosen.rate is not None and chosen.rate <= 0:
        parser.error("--rate must be above 0")
    found = run(measure(chosen))
    text = table(rows(found, chosen.apps / found.rate))
    print(text)
    write(chosen.out, found, text)
    if chosen.json:
        print(json.dumps(document(found)))


if __name__ == "__main__":
    main()
