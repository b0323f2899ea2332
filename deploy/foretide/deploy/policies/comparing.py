"""All policies asked for, over all applications of a backtest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from foretide.deploy.backtest.application import ApplicationRun
from foretide.deploy.backtest.sizing import Held, size
from foretide.deploy.policies.bootstrap import Estimate, ratio
from foretide.deploy.policies.catalogue import FORETIDE, ORACLE, OTHERS
from foretide.deploy.policies.series import Series, series_of
from foretide.deploy.policies.setting import Setting
from foretide.deploy.policies.simulator import Outcome, simulate
from foretide.streams.planning.layout import Layout

HOURS_PER_DAY = 24.0


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """A policy over all applications. `cards` are per application; the three ratios are of samples; `changes` and
    `cost` (card-hours, or money where a price is known, each spell of shortage priced) are per application and day;
    `regret` is the cost's excess over the oracle's, in shares of it."""

    name: str
    applications: int
    cards: Estimate
    short: Estimate
    out_of_memory: Estimate
    interrupted: Estimate
    changes: Estimate
    cost: Estimate
    regret: float
    money: bool = False
    """Whether `cost` is in money."""


def compare_policies(runs: Sequence[ApplicationRun], names: Sequence[str], setting: Setting) -> list[PolicyResult]:
    """The policies called `names`, in the order of the catalogue, over the applications that have use to be sized."""
    layout, sized = setting.layout, [run for run in runs if run.sizing]
    all_series = [series_of(run) for run in sized]
    outcomes: dict[str, list[Outcome]] = {}
    if FORETIDE in names:
        planned = size(sized, round(setting.decide_seconds * 1000), setting.geometry, setting.kind)
        held = planned.held if planned is not None else {}
        outcomes[FORETIDE] = [simulate(s, planned_wishes(held[s.app], s, layout), layout, setting) for s in all_series]
    for policy in OTHERS:
        if policy.name in names or policy.name == ORACLE:
            outcomes[policy.name] = [
                simulate(s, policy.wishes(s, layout, setting), layout, setting) for s in all_series
            ]
    best = _cost(outcomes[ORACLE], setting).value
    return [_result(name, found, setting, best) for name, found in outcomes.items() if name in names]


def planned_wishes(held: Held, series: Series, layout: Layout) -> list[int]:
    """What the planner had commanded after each sample; the largest class before its first command."""
    since = [at_ms for at_ms, _ in held.since]
    places = [bisect_right(since, at_ms) for at_ms in series.times]
    return [layout.index[held.since[place - 1][1]] if place else layout.last for place in places]


def _result(name: str, outcomes: Sequence[Outcome], setting: Setting, best: float) -> PolicyResult:
    samples = [float(o.samples) for o in outcomes]
    days = [o.hours / HOURS_PER_DAY for o in outcomes]
    cost = _cost(outcomes, setting)
    return PolicyResult(
        name=name,
        applications=len(outcomes),
        cards=ratio([o.cards for o in outcomes], samples),
        short=ratio([o.short for o in outcomes], samples),
        out_of_memory=ratio([o.out_of_memory for o in outcomes], samples),
        interrupted=ratio([o.interrupted for o in outcomes], samples),
        changes=ratio([o.changes for o in outcomes], days),
        cost=cost,
        regret=cost.value / best - 1.0 if best > 0 else 0.0,
        money=setting.price_per_hour is not None,
    )


def _cost(outcomes: Sequence[Outcome], setting: Setting) -> Estimate:
    hours = [o.cards / o.samples * o.hours if o.samples else 0.0 for o in outcomes]
    price = 1.0 if setting.price_per_hour is None else setting.price_per_hour
    priced = [price * (h + setting.shortage_price * o.spells) for h, o in zip(hours, outcomes, strict=True)]
    return ratio(priced, [o.hours / HOURS_PER_DAY for o in outcomes])
