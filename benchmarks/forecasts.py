"""How good the forecasts are on recorded sets: beside last value and the leader of many cheap methods. Needs no broker.

python benchmarks/forecasts.py --traces DIR [--sets nab_aws,cccd_pools] [--horizons 1,5,15] [--limit-apps N] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

from foretide.deploy.backtest.baselines.catalogue import REFERENCE
from foretide.deploy.backtest.baselines.harness import compare
from foretide.deploy.backtest.run import BacktestSettings, forecast
from foretide.deploy.backtest.seen import Seen, seen_by_default
from foretide.deploy.backtest.sources import from_trace
from foretide.deploy.backtest.tracks import Track

SETS: dict[str, frozenset[str] | None] = {
    "nab_aws": None,
    "ms_service_load": None,
    "bitbrains_vm": frozenset({"cpu_used_mhz", "mem_used_mib"}),
    "gentd26_pods": frozenset({"gpu_duty_pct", "gpu_mem_mib"}),
    "servegen_clients": frozenset({"rate_rps"}),
    "cccd_pools": frozenset({"cpu_used"}),
    "google2019_tasks": frozenset({"cpu_max"}),
    "helios_earth_vc": frozenset({"gpus_running"}),
    "llm_burstgpt_week1": frozenset({"tokens_per_s"}),
}
"""The sets, and their signals that are scored; None: all of them."""

DAY_MS = 86_400_000
LEAST_SCORED = 200
WORSE = 1.1


@dataclass(frozen=True, slots=True)
class Line:
    """One series at one horizon; errors and losses are relative to last value's. `leader_*` are the reference's."""

    set: str
    app: str
    signal: str
    steps: int
    scored: int
    seen: bool
    error: float
    leader_error: float
    pinball90: float
    leader_pinball90: float
    peak90: float | None
    leader_peak90: float | None
    coverage90: float


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the series of a set at one horizon. `*_of_leader` are medians of the series' own ratios."""

    set: str
    steps: int
    series: int
    seen: int
    error: float
    leader_error: float
    error_of_leader: float
    pinball90: float
    leader_pinball90: float
    pinball90_of_leader: float
    peak90: float | None
    leader_peak90: float | None
    peak90_of_leader: float | None
    coverage90: float
    coverage90_low: float
    """The fifth percentile over the series."""
    worse_share: float
    """Series whose error is more than a tenth above last value's."""


def start_of_scoring(track: Track) -> int:
    """The first sample whose forecast counts: a tenth of the series, a learning phase, and a day if it holds three."""
    known = len(track.values)
    gaps = sorted(b - a for a, b in pairwise(track.times))
    per_day = round(DAY_MS / gaps[len(gaps) // 2]) if gaps else 0
    day = per_day + track.steps + 1 if per_day >= 8 and known >= 3 * per_day else 0
    return max(300 if known > 600 else 60, known // 10, day)


def line_of(name: str, track: Track, seen: bool) -> Line | None:
    """The scores of a series; None if too few forecasts count, or if last value never errs."""
    start = start_of_scoring(track)
    if len(track.values) - track.steps - start < LEAST_SCORED or len(track.values) < 300 + 2 * track.steps:
        return None
    own, leader = compare(track, (REFERENCE,), most=None, start=start)
    ratios = own.point.error_ratio, leader.point.error_ratio, own.point.pinball90_ratio, leader.point.pinball90_ratio
    coverage = own.point.coverage(0.9)
    if any(r is None or r > 1e9 for r in ratios) or coverage is None:
        return None
    error, leader_error, pinball, leader_pinball = (r or 0.0 for r in ratios)
    return Line(
        name, track.app, track.column.name, track.steps, own.point.scored, seen, error, leader_error,
        pinball, leader_pinball, own.peak.pinball90_ratio, leader.peak.pinball90_ratio, coverage,
    )  # fmt: skip


def row_of(name: str, steps: int, lines: Sequence[Line]) -> Row:
    """The medians; there must be one line at least."""

    def middle(value: Callable[[Line], float | None]) -> float | None:
        known = [v for v in map(value, lines) if v is not None and math.isfinite(v)]
        return statistics.median(known) if known else None

    def always(value: Callable[[Line], float]) -> float:
        return statistics.median(map(value, lines))

    def ratio(a: float | None, b: float | None) -> float | None:
        return a / b if a is not None and b else None

    covered = sorted(line.coverage90 for line in lines)
    return Row(
        set=name,
        steps=steps,
        series=len(lines),
        seen=sum(line.seen for line in lines),
        error=always(lambda x: x.error),
        leader_error=always(lambda x: x.leader_error),
        error_of_leader=middle(lambda x: ratio(x.error, x.leader_error)) or 0.0,
        pinball90=always(lambda x: x.pinball90),
        leader_pinball90=always(lambda x: x.leader_pinball90),
        pinball90_of_leader=middle(lambda x: ratio(x.pinball90, x.leader_pinball90)) or 0.0,
        peak90=middle(lambda x: x.peak90),
        leader_peak90=middle(lambda x: x.leader_peak90),
        peak90_of_leader=middle(lambda x: ratio(x.peak90, x.leader_peak90)),
        coverage90=statistics.median(covered),
        coverage90_low=_percentile(covered, 0.05),
        worse_share=sum(line.error > WORSE for line in lines) / len(lines),
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def lines_of(path: Path, name: str, horizons: tuple[int, ...], limit: int | None, jobs: int, seen: Seen) -> list[Line]:
    """Backtest a set, or the first `limit` of its applications, and score every series at every horizon."""
    applications = from_trace(path, ())
    if limit is not None:
        applications = {app: applications[app] for app in sorted(applications)[:limit]}
    settings = BacktestSettings(
        out=Path(),  # nothing is written
        source=str(path),
        signals=SETS[name],
        horizons=horizons,
        jobs=jobs,
        report=False,
        sizing=False,
    )
    tracks = [t for run in forecast(applications, settings) for t in run.tracks.values()]
    marks = [seen(t.app, t.column.name) for t in tracks]
    if jobs == 1:
        found = list(map(line_of, [name] * len(tracks), tracks, marks))
    else:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
            found = list(workers.map(line_of, [name] * len(tracks), tracks, marks, chunksize=4))
    return [line for line in found if line is not None]


def rows_of(name: str, lines: Sequence[Line], horizons: Iterable[int]) -> list[Row]:
    """A row for each horizon at which a series could be scored."""
    own = {steps: [line for line in lines if line.steps == steps] for steps in horizons}
    return [row_of(name, steps, some) for steps, some in own.items() if some]


HEAD = (
    f"{'':22} {'':>5} {'series':>6} {'seen':>5} | {'error':>6} {'leader':>6} {'ratio':>6} | {'pin.9':>6} {'leader':>6} "
    f"{'ratio':>6} | {'peak.9':>6} {'leader':>6} {'ratio':>6} | {'cov.9':>6} {'5th':>6} | {'>10% worse':>10}"
)


def text(row: Row) -> str:
    """A row of the table."""

    def number(value: float | None) -> str:
        return "     -" if value is None else f"{value:6.3f}"

    return (
        f"{row.set:22} {row.steps:5} {row.series:6} {row.seen:5} | "
        f"{number(row.error)} {number(row.leader_error)} {number(row.error_of_leader)} | "
        f"{number(row.pinball90)} {number(row.leader_pinball90)} {number(row.pinball90_of_leader)} | "
        f"{number(row.peak90)} {number(row.leader_peak90)} {number(row.peak90_of_leader)} | "
        f"{number(row.coverage90)} {number(row.coverage90_low)} | {100 * row.worse_share:8.1f} %"
    )


def main() -> None:
    """Parse the arguments, backtest set by set, print."""
    parser = argparse.ArgumentParser(description="Forecasts on recorded sets, beside last value and the leader.")
    default = os.environ.get("FORETIDE_TRACES") or Path(__file__).resolve().parents[2] / "shared" / "traces"
    parser.add_argument("--traces", type=Path, default=Path(default), help="folder of NAME.csv.gz (FORETIDE_TRACES)")
    parser.add_argument("--sets", default=",".join(SETS), help="comma-separated (default: all)")
    parser.add_argument("--horizons", default="5", help="samples ahead, comma-separated (default 5)")
    parser.add_argument("--limit-apps", type=int, help="only so many applications of each set: a quick look")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--series", action="store_true", help="with --json, every series' own scores too")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    chosen = parser.parse_args()
    names = chosen.sets.split(",")
    if unknown := [n for n in names if n not in SETS]:
        parser.error(f"--sets: {', '.join(unknown)} unknown; there are {', '.join(SETS)}")
    try:
        horizons = tuple(dict.fromkeys(int(h) for h in chosen.horizons.split(",")))
    except ValueError:
        horizons = ()
    if not horizons or min(horizons) < 1 or max(horizons) > 60:
        parser.error("--horizons: numbers from 1 to 60 like 1,5,15")
    if chosen.jobs < 1 or (chosen.limit_apps is not None and chosen.limit_apps < 1):
        parser.error("--jobs and --limit-apps must be at least 1")
    began, lines, rows, skipped = time.monotonic(), list[Line](), list[Row](), list[str]()
    print(HEAD)
    for name in names:
        path = chosen.traces / f"{name}.csv.gz"
        if not path.is_file():
            skipped.append(name)
            print(f"{name:22} skipped: there is no {path}; say where the traces are with --traces or FORETIDE_TRACES")
            continue
        own = lines_of(path, name, horizons, chosen.limit_apps, chosen.jobs, seen_by_default(path))
        lines += own
        for row in rows_of(name, own, horizons):
            rows.append(row)
            print(text(row), flush=True)
    for title, some in (
        ("all", lines),
        ("all, not seen", [line for line in lines if not line.seen]),
        ("all, seen in training", [line for line in lines if line.seen]),
    ):
        for row in rows_of(title, some, horizons):
            rows.append(row)
            print(text(row))
    print("error, pin.9, peak.9: medians over series, relative to last value; ratio: to the leader, series by series")
    if chosen.json:
        found = {"rows": [asdict(r) for r in rows], "skipped": skipped, "seconds": round(time.monotonic() - began, 1)}
        print(json.dumps(found | ({"series": [asdict(line) for line in lines]} if chosen.series else {})))
    if not lines:
        sys.exit("no series could be scored")


if __name__ == "__main__":
    main()
