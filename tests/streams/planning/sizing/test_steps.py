"""The steps that evidence adds to sizing: the price of shortage, the hold of memory, the idle moment."""

from __future__ import annotations

import pytest

from foretide.schemas.messages import ForecastEvent, RecordRef, Sizing
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.units import GIB
from foretide.streams.planning.layout import LAYOUTS
from foretide.streams.planning.sizing import Agreement, Choice, Need, choose, class_to_lower, need_of
from support.pools import needs

MIG = LAYOUTS["mig-80gb"]


def event(
    compute: list[tuple[float, float]], memory_gib: list[tuple[float, float]], used: float = 0.0, peak: float = 0.0
) -> ForecastEvent:
    return ForecastEvent(
        id="f", pool="p", at_ms=1, app="a", needs=needs(peak, 1.0), learning=False, why="first",
        last={SM_RATIO: used, GPU_MEMORY: 1.0 * GIB}, watched_seconds=86_400.0,
        based_on=RecordRef(topic="telemetry.v1", partition=0, offset=1),
        reached={SM_RATIO: compute, GPU_MEMORY: [(v * GIB, ago) for v, ago in memory_gib]},
    )  # fmt: skip


def held(need: Need, sizing: Sizing, run: Agreement | None = Agreement(0, 1, 0), at_ms: int = 0) -> Choice:  # noqa: B008
    return choose(MIG, need, (0, MIG.last), MIG.last, learning=False, run=run, at_ms=at_ms, sizing=sizing)


def test_a_need_survives_a_snapshot_bit_for_bit() -> None:
    need = need_of(event([(0.9, 5000.1), (1 / 3, 60.0)], [(9.0, 60.0)]), Sizing())
    assert len(need.compute.stairs) == 2
    assert Need.unpacked(need.packed()) == need
    assert Need.unpacked(need.packed()[:28]) == Need(*need.amounts)  # type: ignore[arg-type]


def test_a_burst_holds_the_class_until_its_return_is_unlikely() -> None:
    soon = need_of(event([(0.9, 600.0), (0.0, 0.0)], []), Sizing())
    late = need_of(event([(0.9, 80_000.0), (0.0, 0.0)], []), Sizing())
    assert class_to_lower(MIG, soon) == MIG.last
    assert class_to_lower(MIG, late) == 0
    assert class_to_lower(MIG, need_of(event([(0.9, 600.0), (0.0, 0.0)], []), Sizing(shortage_price=0.0))) == 0


def test_memory_is_held_at_what_was_reached_lately() -> None:
    assert need_of(event([], [(30.0, 3599.0)]), Sizing()).lower_memory == 30 * GIB
    assert need_of(event([], [(30.0, 3601.0), (1.0, 0.0)]), Sizing()).lower_memory < 2 * GIB


def test_a_step_down_must_be_worth_it() -> None:
    need = need_of(event([(0.9, 80_000.0), (0.0, 0.0)], []), Sizing())
    assert held(need, Sizing()) == Choice(0)
    assert held(need, Sizing(least_saving=0.9)) == Choice(MIG.last)


def test_a_step_down_waits_while_idleness_is_predicted_and_not_for_ever() -> None:
    sizing = Sizing(idle_wait_seconds=600.0)
    busy = need_of(event([(0.9, 80_000.0), (0.1, 0.0)], [], used=0.1), sizing)
    assert held(busy, sizing) == Choice(MIG.last, "idle")
    assert held(busy, sizing, at_ms=600_000).rank == 0
    goes_on = need_of(event([(0.9, 80_000.0), (0.1, 0.0)], [], used=0.1, peak=0.1), sizing)
    assert held(goes_on, sizing).rank == 0


@pytest.mark.parametrize(("used_gib", "urgent"), [(1.0, False), (9.9, True)])
def test_a_slice_below_its_bounds_is_urgent_only_if_it_is_full(used_gib: float, urgent: bool) -> None:
    layout = LAYOUTS["mig-80gb"]
    need = Need(0.0, 0.0, 0.0, 0.0, 0.0, used_gib * GIB / 0.97, used_gib * GIB)
    choice = choose(
        layout, need, (1, layout.last), 0, learning=False, run=None, at_ms=0, sizing=Sizing(),
    )  # fmt: skip
    assert (choice.rank, choice.urgent) == (1, urgent)
