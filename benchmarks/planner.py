"""The optimiser of placements: how near to optimal, how fast, and beside a genetic algorithm and simple rules.

python benchmarks/planner.py [--instances 200] [--apps 10000 --cards 2000] [--no-genetic] [--plot FILE] [--json]
python benchmarks/planner.py --openb [--traces FOLDER] [--scale 1.0] [--json]

Needs no broker. The genetic algorithm is pymoo's, which `pip install foretide[dev]` brings. Times are processor time
of this process, so that a busy machine changes them little; set OPENBLAS_NUM_THREADS=1 for one core.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from planning_genetic import genetic
from planning_openb import compare, read

from foretide.streams.placement import Limits, Plan, Problem, plan, price, violations
from foretide.streams.placement.exact import solve
from foretide.streams.placement.instances import mixed, small
from foretide.streams.placement.plan import cost_of

P = ParamSpec("P")
T = TypeVar("T")

SMALL_STEPS = 800
LARGE_STEPS = 200
NODES = 2000


@dataclass(frozen=True, slots=True)
class Figures:
    """Gaps are shares of the optimal cost (small problems) or of the proven bound (the large one)."""

    instances: int
    """Random small problems that HiGHS solved to optimality."""
    unsolved: int
    """Those it did not within its nodes; they are not counted."""
    gap_median: float
    gap_worst: float
    optimal_share: float
    """Share of them on which the search found the optimum."""
    genetic_gap_median: float | None
    genetic_gap_worst: float | None
    search_seconds: float
    """Mean per small problem."""
    exact_seconds: float
    genetic_seconds: float | None
    replan_apps: int
    replan_cards: int
    replan_seconds: float
    replan_gap: float
    """Of the large problem's plan to its proven bound."""
    replan_cost_ratio: float
    """Cost of the plan to that of staying as today."""
    unplaced_before: int
    unplaced_after: int


def measure(instances: int, apps: int, cards: int, seed: int, with_genetic: bool) -> tuple[Figures, list[float]]:
    """Solve the small problems by all methods, and the large one by search. Also the search's gaps, sorted."""
    gaps, genes, took = [], [], [0.0, 0.0, 0.0]
    unsolved = 0
    for number in range(instances):
        _progress(f"{number + 1} of {instances} small problems")
        problem = small(seed * 100_000 + number)
        seconds, answer = _timed(solve, problem, NODES)
        if answer.seats is None or not answer.optimal:
            unsolved += 1
            continue
        took[0] += seconds
        best = cost_of(problem, answer.seats)
        seconds, found = _timed(plan, problem, Limits(steps=SMALL_STEPS, seed=seed, exact_choices=0))
        took[1] += seconds
        _must_hold(problem, found)
        gaps.append((found.cost - best) / best if best else 0.0)
        if with_genetic:
            seconds, cost = _timed(genetic, problem, seed)
            took[2] += seconds
            genes.append((cost - best) / best if best else 0.0)
    _progress(f"{apps} applications on {cards} cards")
    large = mixed(apps, cards, seed)
    plan(mixed(min(apps, 200), min(cards, 50), seed), Limits(steps=10, exact_choices=0))  # tables of the geometries
    seconds, found = _timed(plan, large, Limits(steps=LARGE_STEPS, seed=seed, exact_choices=0))
    _must_hold(large, found)
    _progress("")
    solved = max(1, len(gaps))
    return Figures(
        instances=len(gaps),
        unsolved=unsolved,
        gap_median=round(statistics.median(gaps), 5) if gaps else math.nan,
        gap_worst=round(max(gaps), 5) if gaps else math.nan,
        optimal_share=round(sum(g < 1e-6 for g in gaps) / solved, 3),
        genetic_gap_median=round(statistics.median(genes), 5) if genes else None,
        genetic_gap_worst=round(max(genes), 5) if genes else None,
        search_seconds=round(took[1] / solved, 3),
        exact_seconds=round(took[0] / solved, 3),
        genetic_seconds=round(took[2] / solved, 3) if genes else None,
        replan_apps=apps,
        replan_cards=cards,
        replan_seconds=round(seconds, 3),
        replan_gap=round(found.gap, 5),
        replan_cost_ratio=round(found.cost / found.today, 5),
        unplaced_before=int((large.app_card < 0).sum()),
        unplaced_after=int((found.card < 0).sum()),
    ), sorted(gaps)


def _timed(do: Callable[P, T], *args: P.args, **more: P.kwargs) -> tuple[float, T]:
    begun = time.process_time()
    answer = do(*args, **more)
    return time.process_time() - begun, answer


def _must_hold(problem: Problem, made: Plan) -> None:
    """What a benchmark's figures rest on: the plan is legal, and costs what it says."""
    broken = violations(problem, made.card, made.rank, made.start)
    if broken:
        raise RuntimeError(f"the plan breaks a rule: {broken[0]}")
    if price(problem, made.card, made.rank, made.start) != made.cost or made.cost > made.today:
        raise RuntimeError("the plan's cost is not what it says")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:60}", end="" if text else "\r", file=sys.stderr, flush=True)


def _plot(gaps: Sequence[float], path: Path) -> None:
    """The share of problems within each gap."""
    import matplotlib as mpl  # only the option needs it

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4))
    axes.step([100 * g for g in gaps], [(i + 1) / len(gaps) for i in range(len(gaps))], where="post")
    axes.set_xlabel("gap to the optimum, per cent")
    axes.set_ylabel("share of problems within it")
    figure.tight_layout()
    figure.savefig(path)


def _openb(folder: Path, scale: float, steps: int, as_json: bool) -> None:
    rules = compare(read(folder, scale), steps)
    if not as_json:
        print(f"{'rule':12}{'cards':>8}{'bound':>8}{'gap':>9}{'fragmentation':>15}{'seconds':>9}")
        for r in rules:
            print(
                f"{r.name:12}{r.cards:8}{r.bound:8}{r.cards / r.bound - 1:9.2%}{r.fragmentation:15.3f}{r.seconds:9.2f}"
            )
    else:
        print(json.dumps({r.name: {k: v for k, v in asdict(r).items() if k != "name"} for r in rules}))


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="How near to optimal and how fast placements are planned.")
    parser.add_argument("--instances", type=int, default=200, help="small random problems (default 200)")
    parser.add_argument("--apps", type=int, default=10_000, help="applications of the large problem (default 10000)")
    parser.add_argument("--cards", type=int, default=2_000, help="its cards (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="of the problems and the searches (default 1)")
    parser.add_argument("--no-genetic", action="store_true", help="leave the genetic algorithm out")
    parser.add_argument("--plot", type=Path, help="write the distribution of gaps as an image (needs matplotlib)")
    parser.add_argument("--openb", action="store_true", help="pack the pods of openb instead, beside simple rules")
    parser.add_argument(
        "--traces", type=Path, default=Path(os.environ.get("FORETIDE_TRACES", "../shared/traces")), help="their folder"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of openb's pods to pack (default 1.0)")
    parser.add_argument("--steps", type=int, default=400, help="steps of openb's search (default 400)")
    parser.add_argument("--json", action="store_true", help="print one JSON line instead of text")
    chosen = parser.parse_args()
    if min(chosen.instances, chosen.apps, chosen.cards) < 1 or not 0 < chosen.scale <= 1:
        parser.error("--instances, --apps and --cards must be at least 1, --scale above 0 and at most 1")
    if chosen.openb:
        if not (chosen.traces / "jobs_openb2023.csv.gz").is_file():
            parser.error(f"{chosen.traces} holds no jobs_openb2023.csv.gz: name the folder with --traces")
        _openb(chosen.traces, chosen.scale, chosen.steps, chosen.json)
        return
    figures, gaps = measure(chosen.instances, chosen.apps, chosen.cards, chosen.seed, not chosen.no_genetic)
    if chosen.plot:
        _plot(gaps, chosen.plot)
    if chosen.json:
        print(json.dumps(asdict(figures)))
        return
    for name, value in asdict(figures).items():
        print(f"{name.replace('_', ' '):20} {value}")


if __name__ == "__main__":
    main()
