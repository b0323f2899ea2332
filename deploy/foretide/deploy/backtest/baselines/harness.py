"""Baselines over the samples of a backtest's series, and Foretide's own forecasts over the very same instants."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from foretide.deploy.backtest.baselines.catalogue import BASELINES
from foretide.deploy.backtest.baselines.rule import NOTHING, Named, Told
from foretide.deploy.backtest.scores import RecentErrors, Score, pinball90
from foretide.deploy.backtest.tracks import Track
from foretide.streams.forecasting.targets import Kind

MOST_SAMPLES: Final = 3000
"""Samples of a series that are compared, from its beginning: a backtest is not to wait for its baselines."""
FORETIDE: Final = "Foretide"
_STEP_WINDOW: Final = 15


@dataclass(frozen=True, slots=True)
class Compared:
    """One rule on one series: scores of both kinds, whether it names an expected value, and the share of instants at
    which it had something to say of its own."""

    rule: str
    point: Score
    peak: Score
    median: bool
    answered: float


def compare(
    track: Track, rules: Sequence[Named] = BASELINES, *, most: int | None = MOST_SAMPLES, start: int = 0
) -> list[Compared]:
    """Foretide's own scores first, then those of `rules`, on the first `most` samples of the series (None: on all),
    forecasts made before sample `start` left out.

    Where a rule has no upper level of its own, it is given the .9 quantile of its latest errors as a margin; where it
    has nothing to say, it counts as last value. Relative to last value like all scores.
    """
    values = track.values[:most]
    steps = track.steps
    last = [Told(v, None) for v in values]
    outcomes: dict[Kind, list[float]] = {
        "point": list(values[steps:]),
        "peak": [max(values[i + 1 : i + 1 + steps]) for i in range(len(values) - steps)],
    }
    references = {kind: _completed(last, last, known, steps) for kind, known in outcomes.items()}

    def scored(told: Sequence[Told], kind: Kind) -> Score:
        if kind == "peak":
            told = [t if t.peak is None else Told(t.median, t.peak) for t in told]
        completed = _completed(told, last, outcomes[kind], steps)
        return _score(completed[start:], references[kind][start:], outcomes[kind][start:])

    own = {kind: [_own(track, kind, i) for i in range(len(values))] for kind in outcomes}
    results = [Compared(FORETIDE, scored(own["point"], "point"), scored(own["peak"], "peak"), True, 1.0)]
    for rule in rules:
        told = run_rule(rule, track, most)
        answers = sum(t != NOTHING for t in told) / len(told) if told else 0.0
        median = any(t.median is not None for t in told)
        results.append(Compared(rule.name, scored(told, "point"), scored(told, "peak"), median, answers))
    return results


def run_rule(named: Named, track: Track, most: int | None = MOST_SAMPLES) -> list[Told]:
    """What the rule said at each sample, given that sample and those before it and nothing else."""
    rule = named.make(track.signal, track.steps)
    told = []
    gaps: deque[int] = deque()
    ordered: list[int] = []
    before: int | None = None
    for at_ms, value in zip(track.times[:most], track.values[:most], strict=True):
        if before is not None:
            gaps.append(at_ms - before)
            insort(ordered, at_ms - before)
            if len(gaps) > _STEP_WINDOW:
                ordered.remove(gaps.popleft())
        before = at_ms
        rule.observe(at_ms, value, ordered[len(ordered) // 2] if ordered else 0)
        told.append(rule.forecast())
    return told


def _own(track: Track, kind: Kind, index: int) -> Told:
    quantiles = track.quantiles(kind, index)
    return Told(quantiles[0], quantiles[1])


def _completed(
    told: Sequence[Told], last: Sequence[Told], outcomes: Sequence[float], steps: int
) -> list[tuple[float, float]]:
    """Every gap filled as `compare` says, by what was known at each instant: outcomes of `steps` samples before."""
    errors = RecentErrors()
    wanting = any(t.upper is None for t in told)
    filled: list[tuple[float, float]] = []
    for i in range(len(outcomes)):
        # The outcome of instant i - steps is whole at sample i.
        if wanting and i >= steps:
            errors.add(outcomes[i - steps] - filled[i - steps][0])
        median = told[i].median
        if median is None:
            median = last[i].median or 0.0
        upper = told[i].upper
        filled.append((median, median + errors.margin90() if upper is None else upper))
    return filled


def _score(
    forecasts: Sequence[tuple[float, float]], references: Sequence[tuple[float, float]], outcomes: Sequence[float]
) -> Score:
    score = Score()
    for (median, upper), (last, last_upper), outcome in zip(forecasts, references, outcomes, strict=True):
        score.scored += 1
        slack = 1e-9 * max(1.0, abs(outcome))
        score.covered[0] += outcome <= median + slack
        score.covered[1] += outcome <= upper + slack
        score.error += abs(outcome - median)
        score.pinball += pinball90(outcome - upper)
        score.last_error += abs(outcome - last)
        score.last_pinball += pinball90(outcome - last_upper)
    return score
