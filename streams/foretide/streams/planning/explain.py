"""Sentences for people: why a class, why not another, what keeps a change back."""

from __future__ import annotations

import math

from foretide.schemas.messages import Alternative, Sizing
from foretide.schemas.units import GIB
from foretide.streams.planning.layout import Layout
from foretide.streams.planning.sizing import Need, class_to_lower, class_to_raise
from foretide.streams.planning.sizing.risk import excesses_per_hour, expected_cost


def gib(memory: float) -> str:
    """Bytes for people."""
    return f"{memory / GIB:.1f} GiB" if math.isfinite(memory) else "unknown memory"


def share(compute: float) -> str:
    """A share of a card's compute for people."""
    return f"{compute:.2f} of a card" if math.isfinite(compute) else "unknown compute"


def minutes(ms: float) -> str:
    """A duration for people."""
    seconds = ms / 1000
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.4g} min"


def slice_text(layout: Layout, index: int) -> str:
    """A class with what it holds."""
    return f"{layout.names[index]} ({share(layout.compute[index])}, {gib(layout.bytes[index])})"


def raise_text(layout: Layout, need: Need, sizing: Sizing, index: int) -> str:
    """Why a larger class."""
    return (
        f"predicted peaks ({sizing.raise_quantile}) up to {minutes(sizing.raise_horizon_seconds * 1000)} ahead: compute"
        f" {share(need.raise_compute)}, memory {gib(need.raise_memory)}; in use {gib(need.last_memory)};"
        f" {slice_text(layout, index)} is the smallest slice allowed that covers them"
    )


def outgrown_text(layout: Layout, need: Need, sizing: Sizing, *, full: bool) -> str:
    """Why another kind of card."""
    compute, memory = max(need.raise_compute, need.used_compute), max(need.raise_memory, need.used_memory)
    text = (
        f"predicted peaks ({sizing.raise_quantile}) up to {minutes(sizing.raise_horizon_seconds * 1000)} ahead and what"
        f" is in use need compute {share(compute)}, memory {gib(memory)}: more than"
        f" {slice_text(layout, layout.last)}, the largest slice of its kind of card"
    )
    return f"{layout.names[layout.last]} is full at the present use; {text}" if full else text


def money(micro: int) -> str:
    """Money per hour for people, from millionths."""
    return f"{micro / 1e6:.2f} an hour"


def lower_text(layout: Layout, need: Need, sizing: Sizing, index: int) -> str:
    """Why a smaller class."""
    return (
        f"predicted peaks up to {minutes(sizing.lower_horizon_seconds * 1000)} ahead: compute"
        f" {share(need.lower_compute)} ({sizing.compute_quantile} + {sizing.compute_margin:.0%}), memory"
        f" {gib(need.lower_memory)} ({sizing.memory_quantile} + {sizing.memory_margin:.0%}, or reached lately);"
        f" in use {gib(need.last_memory)}; {slice_text(layout, index)} is enough{_risk_text(layout, need, index)}"
    )


def _risk_text(layout: Layout, need: Need, index: int) -> str:
    """How often the class would be exceeded, where that has a price."""
    if need.shortage_price <= 0.0 or not need.compute.stairs:
        return ""
    often = excesses_per_hour(layout.compute[index], need.compute)
    cost = expected_cost(layout, index, need.compute, need.shortage_price)
    return f", expected to be exceeded {often:.2g} times an hour, which makes it cost {cost:.2f} of a card"


def alternatives(layout: Layout, need: Need | None, bounds: tuple[int, int], chosen: int) -> list[Alternative]:
    """Every other class of the layout, and why it was not taken."""
    out = []
    low, high = bounds
    for i, name in enumerate(layout.names):
        if i == chosen:
            continue
        if i < low:
            verdict = f"below the smallest allowed, {layout.names[low]}"
        elif i > high:
            verdict = f"above the largest allowed, {layout.names[high]}"
        elif need is None:
            verdict = "no forecast asks for it"
        elif i < class_to_raise(layout, need):
            compute, memory = max(need.raise_compute, need.used_compute), max(need.raise_memory, need.used_memory)
            short = []
            if compute > layout.compute[i]:
                short.append(f"{share(compute)} of compute needed, it has {share(layout.compute[i])}")
            if memory > layout.bytes[i]:
                short.append(f"{gib(memory)} needed, it has {gib(layout.bytes[i])}")
            verdict = "too small: " + "; ".join(short)
        elif i < class_to_lower(layout, need):
            verdict = "too small for the peaks further ahead"
        elif i < chosen:
            verdict = "smaller, and not agreed on for long enough"
        else:
            verdict = f"more than is needed: {layout.cost[i]:.2f} of a card instead of {layout.cost[chosen]:.2f}"
        out.append(Alternative(slice=name, verdict=verdict))
    return out
