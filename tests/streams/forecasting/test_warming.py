"""After the warm-up no step of any bank compiles anything: a worker never stops for it."""

from __future__ import annotations

from types import ModuleType

import pytest
from numba.core.dispatcher import Dispatcher

from foretide.streams.fleet import ordering
from foretide.streams.forecasting import (
    aggregation,
    autoregression,
    issuing,
    lessons,
    linear,
    proposing,
    reading,
    sensing,
    settling,
    view,
    warming,
)
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.warming import warm_up
from support.banks import TARGETS, drawn, feed, small_network

MODULES: tuple[ModuleType, ...] = (
    aggregation,
    autoregression,
    issuing,
    lessons,
    linear,
    ordering,
    proposing,
    reading,
    sensing,
    settling,
    view,
)


def signatures() -> dict[str, int]:
    """For how many kinds of arguments each function was compiled."""
    return {
        f"{module.__name__}.{name}": len(found.signatures)
        for module in MODULES
        for name, found in vars(module).items()
        if isinstance(found, Dispatcher)
    }


@pytest.mark.parametrize("look_back", [48, 96, 288])
@pytest.mark.parametrize("targets", [TARGETS, TARGETS[:1], (Target("mean", 15), Target("peak", 80))])
def test_banks_of_all_shapes_use_what_the_warm_up_compiled(targets: tuple[Target, ...], look_back: int) -> None:
    warm_up()
    before = signatures()
    assert before["foretide.streams.forecasting.issuing._issue"] >= 1
    for experts in ((), ("linear_model.PARegressor",)):
        bank = Bank(targets, small_network(), look_back, experts)
        rows = [bank.add() for _ in range(3)]
        for steps in zip(*[drawn(seed, 25) for seed in range(3)], strict=True):
            feed(bank, rows, steps)
            feed(bank, rows[:1], [steps[0]])
    assert signatures() == before


def test_it_is_told_where_nothing_was_compiled_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    for kept, lines in ((True, 0), (False, 1)):
        monkeypatch.setattr(warming, "is_kept", lambda kept=kept: kept)
        warm_up.cache_clear()
        warm_up(told.append)
        assert len(told) == lines
