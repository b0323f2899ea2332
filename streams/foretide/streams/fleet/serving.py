"""A simulated server of models: requests queue for it, models are loaded and put away again.

What a GPU shows while it serves follows from few causes: when requests come, how long each takes, which model it asks
for, what stays loaded and for how long. Each is drawn anew for every series, from wide ranges. Times are in steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foretide.streams.fleet.drawing import Doubles, about, drift, season, switching

MOST_MODELS = 11
MOST_A_STEP = 200
"""More requests than this in a step are turned away at the door."""


@dataclass(frozen=True, slots=True)
class Requests:
    """When each request comes, in order, how long it takes, and which of so many models it asks for."""

    at: Doubles
    lengths: Doubles
    models: list[int]
    kinds: int


@dataclass(slots=True)
class Served:
    """What came of it: the share of each step that the server was `busy`, in which steps it was `active` at all, and
    when a model was loaded (its size) or put away (less its size)."""

    busy: Doubles
    active: Doubles
    moves: list[tuple[float, float]] = field(default_factory=list)


def duty(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """The duty of a GPU that answers requests one after another."""
    served = serve(draw, arriving(draw, steps, day), steps, _sizes(draw))
    noise = (1 + draw.uniform(0, 0.3) * draw.standard_normal(steps)).clip(min=0)
    found: Doubles = served.busy * draw.uniform(30, 100) * noise
    return found.clip(max=100.0)


def models(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """The memory of such a GPU: loaded models, what a request needs while it runs, and often an allocator that keeps
    what it once had until it is emptied."""
    served = serve(draw, arriving(draw, steps, day), steps, _sizes(draw))
    held = np.zeros(steps)
    for at, size in served.moves:
        if at < steps:
            held[int(at) :] += size
    noise = (1 + draw.uniform(0, 0.3) * draw.standard_normal(steps)).clip(min=0)
    held += draw.uniform(0.5, 15) * served.active * noise
    if draw.random() < 0.5:
        held = _kept(held, draw.random(steps) < float(draw.choice((0, 0.002, 0.02, 0.2))))
    return held + draw.uniform(0, 6)


def asked(draw: np.random.Generator, steps: int, day: float) -> Doubles:
    """Requests a step, or the work that they bring."""
    requests = arriving(draw, steps, day)
    weights = requests.lengths if draw.random() < 0.5 else None
    return np.bincount(requests.at.astype(np.int64), weights=weights, minlength=steps)[:steps].astype(np.float64)


def arriving(draw: np.random.Generator, steps: int, day: float) -> Requests:
    """Requests at a rate that follows the day, drifts, and in half of the series pauses; some users ask several times
    in a row."""
    load, lasting = about(draw, 0.004, 0.8), about(draw, 0.02, 4)
    swing = draw.uniform(0, 1.5) * season(draw, steps, day)
    swing += drift(draw, steps, float(draw.choice((0.9, 0.97, 0.99, 0.997))), draw.uniform(0, 0.25))
    rate = load / lasting * np.exp(swing)
    if draw.random() < 0.5:
        on, off = about(draw, 2, 200), about(draw, 2, 400)
        rate *= 0.05 + switching(draw, steps, on, off, long=draw.random() < 0.5)
    number = draw.poisson(rate.clip(max=30))
    if draw.random() < 0.4:
        number *= draw.geometric(draw.uniform(0.2, 1), steps)
    number = number.clip(max=MOST_A_STEP)
    at = np.sort(np.repeat(np.arange(steps), number) + draw.random(int(number.sum())))
    lengths = lasting * draw.lognormal(-0.2, draw.uniform(0.05, 0.9), len(at))
    kinds = int(draw.integers(1, MOST_MODELS + 1))
    liked = np.arange(1, kinds + 1) ** -draw.uniform(0.3, 2)
    return Requests(at, lengths.clip(min=1e-3), draw.choice(kinds, len(at), p=liked / liked.sum()).tolist(), kinds)


def serve(draw: np.random.Generator, requests: Requests, steps: int, sizes: Sequence[float]) -> Served:
    """Answer the requests in order. Who would have to wait too long leaves; a model that is not loaded is loaded first,
    in place of the one that was used longest ago if there is no room, and put away when it has been idle for long.
    `sizes` are the models' memory."""
    loading = about(draw, 0.05, 1) if draw.random() < 0.6 else 0.0
    room, patience = int(draw.integers(1, requests.kinds + 1)), about(draw, 0.5, 40)
    idle = about(draw, 3, 600) if draw.random() < 0.6 else float(steps)
    served, used, free = Served(np.zeros(steps), np.zeros(steps)), dict[int, float](), 0.0
    for came, length, model in zip(requests.at.tolist(), requests.lengths.tolist(), requests.models, strict=True):
        if free - came > patience:
            continue
        start = max(came, free)
        if start >= steps:
            break
        for other in [m for m, last in used.items() if start - last > idle]:
            served.moves.append((used.pop(other) + idle, -sizes[other]))
        if model not in used:
            while len(used) >= room:
                oldest = min(used, key=used.__getitem__)
                del used[oldest]
                served.moves.append((start, -sizes[oldest]))
            served.moves.append((start, sizes[model]))
            start += loading
        free = used[model] = start + length
        _occupy(served, start, free)
    served.moves.extend((last + idle, -sizes[model]) for model, last in used.items())
    return served


def _occupy(served: Served, start: float, end: float) -> None:
    """The server is busy from `start` to `end`."""
    first, last = int(start), min(int(end), len(served.busy) - 1)
    edges = np.arange(first, last + 2)
    part = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    served.busy[first : last + 1] += part.clip(min=0)
    served.active[first : last + 1] = 1.0


def _kept(held: Doubles, emptied: NDArray[np.bool_]) -> Doubles:
    """The highest value since it was last emptied."""
    found, most = np.empty(len(held)), 0.0
    for i, (now, empty) in enumerate(zip(held.tolist(), emptied.tolist(), strict=True)):
        most = now if empty else max(most, now)
        found[i] = most
    return found


def _sizes(draw: np.random.Generator) -> list[float]:
    return [float(size) for size in draw.uniform(2, 20, MOST_MODELS)]
