"""The comparison in the report: a plot of shortage against cards, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from foretide.deploy.backtest.report import svg
from foretide.deploy.backtest.report.tables import number, table
from foretide.deploy.policies.bootstrap import Estimate
from foretide.deploy.policies.catalogue import DESCRIPTIONS, FORETIDE
from foretide.deploy.policies.comparing import PolicyResult
from foretide.deploy.policies.setting import Setting

HEIGHT: Final = 320


def section(results: Sequence[PolicyResult], setting: Setting) -> str:
    """The part of the report."""
    words = (
        f"On {setting.geometry.name}; no application is changed twice within {setting.decide_seconds:g} s, a change "
        f"takes {setting.actuation_seconds:g} s and interrupts for {setting.outage_seconds:g} s{_moving(setting)}. "
        "Cards are per application, shortage and lack of memory in % of samples, changes and cost per application and "
        f"day. Cost counts {_unit(setting)}; regret is the share by which "
        "it exceeds the oracle's, which knows the future. In brackets: where the figure lies in 95 of 100 resamples of "
        "the applications. Rules on the line cannot be beaten in both by another."
    )
    return f"<h2>Policies</h2><p>{words}</p>{pareto_plot(results)}{_table(results)}"


def _moving(setting: Setting) -> str:
    if setting.moving_seconds is None:
        return ""
    return (
        f"; a step up leads to another card and interrupts for {setting.moving_seconds:g} s, one to a whole card takes "
        f"{setting.provisioning_seconds:g} s more, until an empty one is there"
    )


def _unit(setting: Setting) -> str:
    if setting.kind is None:
        return f"card-hours, and {setting.shortage_price:g} for each spell of shortage"
    kind = setting.kind
    return (
        f"money: {kind.price_per_hour:g} for each hour of a card of kind {kind.name}, and as much as "
        f"{setting.shortage_price:g} such hours for each spell of shortage"
    )


def frontier(results: Sequence[PolicyResult]) -> list[PolicyResult]:
    """Those that no other beats in both cards and shortage, by cards."""
    best: list[PolicyResult] = []
    for result in sorted(results, key=lambda r: (r.cards.value, r.short.value)):
        if not best or result.short.value < best[-1].short.value:
            best.append(result)
    return best


def pareto_plot(results: Sequence[PolicyResult]) -> str:
    """Shortage upward, cards to the right, both with their intervals."""
    x = svg.across(0.0, max(1.0, *(r.cards.high for r in results)))
    top = max(0.1, *(100 * r.short.high for r in results))
    y = svg.upward(0.0, top, HEIGHT)
    best = frontier(results)
    parts = [svg.value_axis(y)]
    parts += [svg.label(x(t), HEIGHT - 8, f"{t:g}", "middle") for t in svg.nice_ticks(x.low, x.high)]
    parts.append(
        svg.line([x(r.cards.value) for r in best], [y(100 * r.short.value) for r in best], "wanted", stairs=True)
    )
    for r in results:
        across, up = x(r.cards.value), y(100 * r.short.value)
        style = "held" if r.name == FORETIDE else "median"
        parts.append(svg.segment(x(r.cards.low), up, x(r.cards.high), up, style))
        parts.append(svg.segment(across, y(100 * r.short.low), across, y(100 * r.short.high), style))
        parts.append(svg.dot(across, up, "point", f"{r.name}: {r.cards.value:.3f} cards, {100 * r.short.value:.3f} %"))
        parts.append(svg.label(across + 6, up - 5, r.name, "start" if across < 0.8 * svg.WIDTH else "end"))
    return svg.drawing(HEIGHT, "Shortage in % of samples against cards per application", *parts)


def _table(results: Sequence[PolicyResult]) -> str:
    head = ("policy", "cards", "short, %", "out of memory, %", "interrupted, %", "changes", "cost", "regret, %")
    rows = (
        (
            f"{escape(r.name)}<small>{escape(DESCRIPTIONS[r.name])}</small>",
            _cell(r.cards, 1),
            _cell(r.short, 100),
            _cell(r.out_of_memory, 100),
            _cell(r.interrupted, 100),
            _cell(r.changes, 1, 2),
            _cell(r.cost, 1, 2),
            number(100 * r.regret, 1),
        )
        for r in results
    )
    return table(head, rows, "policies")


def _cell(estimate: Estimate, factor: float, digits: int = 3) -> str:
    low, high = factor * estimate.low, factor * estimate.high
    return f"{number(factor * estimate.value, digits)}<small>{low:.{digits}f} to {high:.{digits}f}</small>"
