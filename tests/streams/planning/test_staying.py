"""Why nothing is done now, and when the whole pool is looked at next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from foretide.schemas.messages import AppPolicy, ForecastEvent, Mode, Probation, Replanning, Sizing
from foretide.schemas.units import GIB
from foretide.streams.planning import outlook
from support.mixed import QUICK
from support.pools import MINUTE, POOL, Pool

PRICED = msgspec.structs.replace(QUICK, shortage_price=0.85)


def held(slice_name: str = "7g.80gb", sizing: Sizing = QUICK, mode: Mode = "auto", **more: Any) -> Pool:
    pool = Pool(sizing=sizing)
    own = AppPolicy(mode="auto", initial_slice=slice_name, **more)
    pool.policy("auto", sizing, {"a": own}, probation=Probation(seconds=600.0))
    pool.place("a")
    if mode != "auto":
        pool.policy("auto", sizing, {"a": msgspec.structs.replace(own, mode=mode)})
    return pool


def forecast(pool: Pool, compute: float, memory_gib: float, minute: float = 1.0) -> Pool:
    for d in pool.forecast("a", minute, compute, memory_gib):
        pool.outcome(d)
    return pool


def reached(pool: Pool) -> Pool:
    """It used a third of a card a quarter of an hour ago, and next to nothing since."""
    assert pool.forecast("b", 1, 0.05, 2) == []
    base = pool.log[-1]
    assert isinstance(base, ForecastEvent)
    stairs = {"gpu.sm_ratio": [(0.33, 900.0), (0.01, 0.0)], "gpu.memory_bytes": [(1.0 * GIB, 0.0)]}
    event = msgspec.structs.replace(base, id="f", app="a", at_ms=20 * MINUTE, reached=stairs, watched_seconds=5000.0,
                                    based_on=msgspec.structs.replace(base.based_on, offset=999))  # fmt: skip
    for d in pool.feed(event):
        pool.outcome(d)
    return pool


def moved() -> Pool:
    pool = held()
    return forecast(forecast(pool, 0.25, 15), 0.25, 15, 2)


def under_way() -> Pool:
    pool = held()
    pool.forecast("a", 1, 0.1, 4)
    return pool


def nobody(mode: Mode) -> Pool:
    pool = Pool(mode=mode)
    pool.forecast("a", 1, 0.1, 4, learning=True)
    return pool


CASES: dict[str, tuple[Callable[[], Pool], str]] = {
    "in flight": (under_way, "its command has no outcome yet"),
    "off": (lambda: held(mode="off"), "its mode is off"),
    "initial": (lambda: held(mode="initial"), "its mode is initial: it has a slice, and is not changed"),
    "no request": (lambda: nobody("auto"), "it asked for no slice; forecasts alone lead to none"),
    "learning": (lambda: nobody("advise"), "and is not learned yet, so nothing is advised"),
    "no forecast": (held, "no forecast of it has come yet"),
    "covers": (
        lambda: forecast(held(), 0.9, 70),
        "predicted peaks up to 15 min ahead are compute 0.90 of a card, memory 73.5 GiB; 7g.80gb is the smallest slice"
        " that covers them",
    ),
    "smallest": (lambda: forecast(held("1g.10gb"), 0.1, 4), "1g.10gb is the smallest slice allowed"),
    "bounds": (lambda: forecast(held("3g.40gb", min_slice="3g.40gb"), 0.1, 4), "3g.40gb is the smallest slice allowed"),
    "saving": (
        lambda: forecast(held("4g.40gb", sizing=msgspec.structs.replace(QUICK, least_saving=0.2)), 0.42, 30),
        "3g.40gb would do, but saves 0.07 of a card with its risk counted; a step down has to save 0.2",
    ),
    "risk": (
        lambda: reached(held("3g.40gb", sizing=PRICED)),
        "2g.20gb covers them, but what was reached lately makes it cost",
    ),
    "probation": (moved, "; its last change is on probation for 9 min more"),
}


@pytest.mark.parametrize("name", CASES)
def test_why_it_stays(name: str) -> None:
    scene, says = CASES[name]
    found = {one.app: one for one in outlook(scene().state).apps}["a"]
    assert found.next is None or found.flight is not None, found.next
    assert says in found.why


def test_a_decision_speaks_for_itself() -> None:
    pool = Pool()
    pool.pause()
    pool.allocate("a")
    (found,) = outlook(pool.state).apps
    assert found.next is not None
    assert found.why == found.next.reason


@pytest.mark.parametrize(
    ("enabled", "paused", "minutes"), [(False, False, None), (True, False, 16), (True, True, None)]
)
def test_when_the_whole_pool_is_looked_at_next(enabled: bool, paused: bool, minutes: int | None) -> None:
    pool = Pool()
    pool.policy("auto", QUICK, replanning=Replanning(enabled=enabled, every_seconds=900.0))
    assert outlook(pool.state).next_look_ms is None, "before the first forecast"
    pool.forecast("a", 1, 0.1, 4)
    if paused:
        pool.pause()
    pool.forecast("a", 10, 0.1, 4)
    assert outlook(pool.state).next_look_ms == (None if minutes is None else minutes * MINUTE)
    assert pool.state.pool == POOL
