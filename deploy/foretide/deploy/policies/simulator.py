"""What came of a rule's wishes: cadence, delay and outage between a wish and the slice, and the use against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from foretide.deploy.policies.series import Series
from foretide.deploy.policies.setting import Setting
from foretide.streams.planning.layout import Layout

_COMPUTE_SLACK = 1e-9
_MEMORY_SLACK = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """One application under one rule. `cards` is summed over `samples`; `short`, `out_of_memory` and `interrupted`
    count samples; `spells` are runs of short samples; `hours` is the time covered."""

    app: str
    samples: int
    hours: float
    cards: float
    short: int
    out_of_memory: int
    interrupted: int
    changes: int
    spells: int


def simulate(series: Series, wishes: Sequence[int], layout: Layout, setting: Setting) -> Outcome:
    """Hold the largest class first, then what `wishes` (a class after each sample) asks for, as the setting allows.

    A sample is judged against the slice that was there when it was taken: the wish made on it comes after.
    """
    held, pending = layout.last, None
    decided_ms, ready_ms, down_until_ms = -(1 << 62), 0, -(1 << 62)
    samples = short = oom = interrupted = changes = spells = 0
    cards = down_seconds = 0.0
    was_short = False
    warm_until = series.times[0] + setting.warm_seconds * 1000 if series.times else 0
    for at_ms, compute, memory, wish in zip(series.times, series.compute, series.memory, wishes, strict=True):
        if pending is not None and at_ms > ready_ms:
            down_seconds = setting.down_seconds(held, pending)
            held, pending = pending, None
            down_until_ms = ready_ms + round(down_seconds * 1000)
            changes += at_ms >= warm_until
        if at_ms >= warm_until:
            samples += 1
            cards += layout.cost[held]
            is_down = at_ms <= down_until_ms and down_seconds > 0
            is_short = compute is not None and not is_down and compute > layout.compute[held] + _COMPUTE_SLACK
            interrupted += is_down
            short += is_short
            spells += is_short and not was_short
            was_short = is_short
            oom += memory is not None and not is_down and memory > layout.bytes[held] + _MEMORY_SLACK
        if pending is None and wish != held and at_ms - decided_ms >= setting.decide_seconds * 1000:
            pending, decided_ms = wish, at_ms
            ready_ms = at_ms + round(setting.ready_seconds(held, wish) * 1000)
    hours = samples * usual_step_ms(series.times) / 3_600_000
    return Outcome(series.app, samples, hours, cards, short, oom, interrupted, changes, spells)


def usual_step_ms(times: Sequence[int]) -> int:
    """The median distance of samples, 0 for fewer than two."""
    gaps = sorted(b - a for a, b in pairwise(times))
    return gaps[len(gaps) // 2] if gaps else 0
