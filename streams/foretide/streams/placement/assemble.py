"""From kinds, resources and needs, as messages tell them, to a problem in numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foretide.schemas.messages import Placement, ResourceKind, ResourceReport
from foretide.schemas.slices import ALL_GEOMETRIES, Geometry, SliceProfile
from foretide.streams.placement.errors import PlacementError
from foretide.streams.placement.lattice import lattice
from foretide.streams.placement.problem import MICRO, Demand, Kind, Option, Problem


@dataclass(frozen=True, slots=True)
class Need:
    """What one application needs, and what is at stake. Money is in the pool's currency."""

    app: str
    workload: str = ""
    """Kind of workload, as throughputs and interference name it. Empty: none."""
    per_second: float = 0.0
    """Least throughput, in the workload's own unit of work."""
    compute: float = 0.0
    """Least share of a whole resource's compute."""
    memory_bytes: float = 0.0
    """Least memory of the slice."""
    kinds: frozenset[str] | None = None
    """Names of the kinds it can run on; None: any."""
    classes: frozenset[str] | None = None
    """Names of the slices it may have (its bounds, or the class that was decided on); None: any."""
    interruption_price: float | None = 0.0
    """Price of one interruption; None: it must not be interrupted."""
    unplaced_price: float = 1000.0
    """Price of an hour without a slice."""
    move_price: float = 0.0
    """Price of one second of standing still."""
    today: Placement | None = None


def assemble(
    kinds: Sequence[ResourceKind],
    resources: Sequence[ResourceReport],
    needs: Sequence[Need],
    horizon_seconds: float = 3600.0,
) -> Problem:
    """The problem of seating `needs` on `resources` for the cheapest over the horizon.

    Resources without a kind count as a kind of their own by geometry and price. PlacementError names a resource whose
    kind or geometry is not known, and an application whose seat of today is not in the pool's terms.
    """
    hours = horizon_seconds / 3600.0
    told = {k.name: k for k in kinds}
    workloads = sorted({n.workload for n in needs})
    listed: dict[tuple[str | None, str, float | None], int] = {}
    described: list[ResourceKind] = []
    numbers = []
    for report in resources:
        key = (report.kind, "", None) if report.kind else (None, report.geometry, report.price_per_hour)
        if key not in listed:
            listed[key] = len(described)
            described.append(_kind_of(report, told))
        numbers.append(listed[key])
    made = [
        Kind(k.name, ALL_GEOMETRIES[k.geometry], round(k.price_per_hour * hours * MICRO), _losses(k, workloads))
        for k in described
    ]
    speeds = [{(t.workload, t.slice): t.per_second for t in k.throughput} for k in described]
    place = {r.resource: i for i, r in enumerate(resources)}
    demands: dict[Demand, int] = {}
    rows: list[tuple[str, int, int, int, int, int, int]] = []
    for need in needs:
        demand = _demand(need, described, speeds, hours, workloads.index(need.workload))
        card, rank, start = _today(need, place, [made[n].geometry for n in numbers])
        now = described[numbers[card]] if card >= 0 else None
        move, resize = (now.migration_seconds, now.resize_seconds) if now else (0.0, 0.0)
        rows.append(
            (
                need.app,
                demands.setdefault(demand, len(demands)),
                card,
                rank,
                start,
                round(move * need.move_price * MICRO),
                round(resize * need.move_price * MICRO),
            )
        )
    return Problem.of(made, list(demands), [(r.resource, n) for r, n in zip(resources, numbers, strict=True)], rows)


def _kind_of(report: ResourceReport, told: Mapping[str, ResourceKind]) -> ResourceKind:
    if report.kind is not None and report.kind not in told:
        raise PlacementError(
            f"resource {report.resource}",
            f"its kind {report.kind} is not described",
            "Send the kind with the inventory.",
        )
    kind = told.get(report.kind or "") or ResourceKind(
        name=report.geometry,
        resource_class="gpu",
        geometry=report.geometry,
        price_per_hour=report.price_per_hour or 0.0,
    )
    if kind.geometry not in ALL_GEOMETRIES:
        raise PlacementError(
            f"resource {report.resource}",
            f"its geometry {kind.geometry} is not known",
            f"Use one of {', '.join(sorted(ALL_GEOMETRIES))}.",
        )
    return kind


def _losses(kind: ResourceKind, workloads: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    if not kind.interference:
        return ()
    told = {(i.workload, i.beside): round(i.loss * MICRO) for i in kind.interference}
    return tuple(tuple(told.get((w, v), 0) for v in workloads) for w in workloads)


def _demand(
    need: Need,
    kinds: Sequence[ResourceKind],
    speeds: Sequence[dict[tuple[str, str | None], float]],
    hours: float,
    at: int,
) -> Demand:
    options: list[Option] = []
    refused: list[str] = []
    for number, kind in enumerate(kinds):
        geometry = ALL_GEOMETRIES[kind.geometry]
        if need.kinds is not None and kind.name not in need.kinds:
            refused.append(f"{kind.name}: it cannot run there")
            continue
        if kind.availability == "interruptible" and need.interruption_price is None:
            refused.append(f"{kind.name}: it may be interrupted")
            continue
        risk = round((need.interruption_price or 0.0) * kind.interruptions_per_hour * hours * MICRO)
        found = []
        for rank, profile in enumerate(geometry.profiles):
            slack = _slack(need, geometry, profile, speeds[number])
            if slack is not None and (need.classes is None or profile.name in need.classes):
                found.append(Option(number, rank, risk, slack))
        if not found:
            refused.append(f"{kind.name}: no slice has the throughput, compute and memory within the bounds")
        options += found
    return Demand(tuple(options), round(need.unplaced_price * hours * MICRO), at, (), tuple(refused))


def _slack(
    need: Need, geometry: Geometry, profile: SliceProfile, speeds: Mapping[tuple[str, str | None], float]
) -> int | None:
    """The share of throughput that neighbours may take from the slice, or None if it does not do at all."""
    share = geometry.compute_ratio(profile)
    if need.compute > share + 1e-9 or need.memory_bytes > geometry.profile_bytes(profile):
        return None
    if need.per_second <= 0:
        return MICRO
    whole = speeds.get((need.workload, None))
    speed = speeds.get((need.workload, profile.name), None if whole is None else whole * share)
    if speed is None or speed < need.per_second:
        return None
    return math.floor((1.0 - need.per_second / speed) * MICRO + 1e-3)  # a ratio of floats may fall short by a hair


def _today(need: Need, place: Mapping[str, int], geometries: Sequence[Geometry]) -> tuple[int, int, int]:
    if need.today is None or need.today.resource not in place:
        return -1, -1, 0
    card = place[need.today.resource]
    rank = lattice(geometries[card]).index.get(need.today.slice)
    if rank is None:
        raise PlacementError(
            f"application {need.app}",
            f"{geometries[card].name} has no slice {need.today.slice}",
            "Report the resource with the geometry that it has.",
        )
    return card, rank, need.today.start
