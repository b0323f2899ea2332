"""Packing the pods of Alibaba's openb cluster (2023): real requests of whole and shared cards.

All pods are taken to run together, as the trace's own authors do when they measure packing. A pod of several cards
takes whole ones of one node; it is seated first, and alike by every rule. A node's cores and memory bind too.
"""

from __future__ import annotations

import csv
import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foretide.schemas.slices import Geometry, SliceProfile
from foretide.streams.placement import Demand, Kind, Limits, Option, Problem, plan, violations
from foretide.streams.placement.bound import lower_bound
from foretide.streams.placement.fragmentation import fragmentation
from foretide.streams.placement.problem import Ints

_CARD = 1_000_000
"""Price of a card in micro-units: a plan's cost counts cards."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule needs: cards in use for the pods of one card or less, and how it leaves them."""

    name: str
    cards: int
    bound: int
    """Proven: no rule needs fewer."""
    fragmentation: float
    unplaced: int
    seconds: float


def read(folder: Path, scale: float) -> Problem:
    """The pool and the pods that want at most one card, without those cards that larger pods hold."""
    with gzip.open(folder / "nodes_openb2023.csv.gz", "rt") as file:
        nodes = [n for n in csv.DictReader(file) if int(n["gpu"])]
    with gzip.open(folder / "jobs_openb2023.csv.gz", "rt") as file:
        pods = [p for p in csv.DictReader(file) if int(p["num_gpu"])]
    pods = pods[: max(1, int(len(pods) * scale))]
    free = [int(n["gpu"]) for n in nodes]
    room = [[int(n["cpu_milli"]), int(n["memory_mib"])] for n in nodes]
    for pod in sorted((p for p in pods if int(p["num_gpu"]) > 1), key=lambda p: -int(p["num_gpu"])):
        wanted, took = int(pod["num_gpu"]), (int(pod["cpu_milli"]), int(pod["memory_mib"]))
        fit = [i for i, f in enumerate(free) if f >= wanted and all(a <= r for a, r in zip(took, room[i], strict=True))]
        if fit:
            node = min(fit, key=lambda i: (free[i], i))
            free[node] -= wanted
            room[node] = [r - a for r, a in zip(room[node], took, strict=True)]
    singles = [p for p in pods if int(p["num_gpu"]) == 1]
    sizes = sorted({int(p["gpu_milli"]) for p in singles})
    geometry = Geometry("milli", 1000, 1000, 0, tuple(SliceProfile(f"{m}m", m, m, (0,)) for m in sizes), "counted")
    shapes = sorted({(int(p["gpu_milli"]), int(p["cpu_milli"]), int(p["memory_mib"])) for p in singles})
    demands = [Demand((Option(0, sizes.index(m)),), 100 * _CARD, host=(cpu, mib)) for m, cpu, mib in shapes]
    number = {shape: i for i, shape in enumerate(shapes)}
    hosts = [i for i, f in enumerate(free) for _ in range(f)]
    count = len(singles)
    nowhere, nothing = np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.int64)
    return Problem(
        kinds=[Kind("card", geometry, _CARD)],
        demands=demands,
        card_kind=np.zeros(len(hosts), dtype=np.int64),
        app_demand=np.array(
            [number[int(p["gpu_milli"]), int(p["cpu_milli"]), int(p["memory_mib"])] for p in singles], dtype=np.int64
        ),
        app_card=nowhere,
        app_rank=nothing,
        app_start=nothing,
        app_move=nothing,
        app_resize=nothing,
        card_host=np.array(hosts, dtype=np.int64),
        host_capacity=np.array(room, dtype=np.int64),
    )


def compare(problem: Problem, steps: int) -> list[Rule]:
    """First fit and best fit in the order of arrival, best fit from the largest, and the optimiser."""
    bound = -(-lower_bound(problem).value // _CARD)
    arrival = list(range(len(problem.app_demand)))
    size = [_milli(problem, a) for a in arrival]
    largest = sorted(arrival, key=lambda a: (-size[a], a))
    rules = [
        _simple("first-fit", problem, arrival, lambda free: 0, bound),
        _simple("best-fit", problem, arrival, lambda free: free, bound),
        _simple("best-fit-dec", problem, largest, lambda free: free, bound),
    ]
    begun = time.process_time()
    made = plan(problem, Limits(steps=steps, exact_choices=0))
    seconds = time.process_time() - begun
    return [*rules, _rule("foretide", problem, made.card, made.rank, bound, seconds)]


def _milli(problem: Problem, app: int) -> int:
    option = problem.demands[int(problem.app_demand[app])].options[0]
    return problem.kinds[0].geometry.profiles[option.rank].compute_slots


def _simple(name: str, problem: Problem, order: list[int], key: Callable[[int], int], bound: int) -> Rule:
    begun = time.process_time()
    free = [1000] * len(problem.card_kind)
    room = problem.host_capacity.tolist()
    host_of = problem.card_host.tolist()
    card = np.full(len(order), -1, dtype=np.int64)
    rank = np.zeros(len(order), dtype=np.int64)
    opened: list[int] = []
    closed = list(range(len(free)))
    for app in order:
        demand, milli = problem.demands[int(problem.app_demand[app])], _milli(problem, app)

        def fits(c: int, milli: int = milli, host: tuple[int, ...] = demand.host) -> bool:
            return free[c] >= milli and all(a <= r for a, r in zip(host, room[host_of[c]], strict=True))

        found = min((c for c in opened if fits(c)), key=lambda c: (key(free[c]), c), default=-1)
        if found < 0:
            found = next((c for c in closed if fits(c)), -1)
            if found < 0:
                continue
            closed.remove(found)
            opened.append(found)
        card[app], rank[app] = found, demand.options[0].rank
        free[found] -= milli
        room[host_of[found]] = [r - a for r, a in zip(room[host_of[found]], demand.host, strict=True)]
    return _rule(name, problem, card, rank, bound, time.process_time() - begun)


def _rule(name: str, problem: Problem, card: Ints, rank: Ints, bound: int, seconds: float) -> Rule:
    start = np.zeros_like(card)
    broken = violations(problem, card, rank, start)
    if broken:
        raise RuntimeError(f"{name} breaks a rule: {broken[0]}")
    used = len({c for c in card.tolist() if c >= 0})
    lost = fragmentation(problem, card, rank, start)
    return Rule(name, used, bound, round(lost, 4), int((card < 0).sum()), round(seconds, 2))
