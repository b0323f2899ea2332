"""One signal at one resolution: a history of steps, and a head for each target on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from foretide.streams.forecasting.experts import references
from foretide.streams.forecasting.head import Head, HeadState, Step
from foretide.streams.forecasting.linear import Scaler, ScalerState
from foretide.streams.forecasting.targets import Target

HISTORY: Final = 48
SMOOTHING: Final = 0.3
SCALE_FADE: Final = 0.99


class RungState(msgspec.Struct, array_like=True, frozen=True):
    """A rung as numbers."""

    peaks: list[float]
    means: list[float]
    smoothed: tuple[float, float]
    change: float
    steps: int
    scaler: ScalerState
    made: tuple[list[Step], list[Step]]
    heads: list[HeadState]


class Rung:
    """The steps of one signal: each has a peak and a mean. Heads of kind peak forecast from the peaks."""

    __slots__ = ("_change", "_made", "_means", "_peaks", "_scaler", "_smoothed", "heads", "steps")

    def __init__(self, targets: Sequence[Target]) -> None:
        self.heads = [Head(t) for t in targets]
        self._smoothed = (0.0, 0.0)
        self._change = 0.0
        self._scaler = Scaler()
        longest = max((t.steps for t in targets), default=1)
        # An outcome is taken over all steps of its target, however many those are.
        self._peaks: deque[float] = deque(maxlen=max(HISTORY, longest))
        self._means: deque[float] = deque(maxlen=max(HISTORY, longest))
        self._made: tuple[deque[Step], deque[Step]] = deque(maxlen=longest), deque(maxlen=longest)
        self.steps = 0

    def interrupt(self) -> None:
        """Steps are missing: what is pending is given up."""
        for head in self.heads:
            head.interrupt()

    def observe(self, peak: float, mean: float) -> None:
        """The next step has ended."""
        if self.steps:
            fade = min(SCALE_FADE, self.steps / (self.steps + 1))
            self._change = fade * self._change + (1 - fade) * abs(mean - self._means[-1])
            a, b = self._smoothed
            self._smoothed = (a + SMOOTHING * (peak - a), b + SMOOTHING * (mean - b))
        else:
            self._smoothed = (peak, mean)
        self._peaks.append(peak)
        self._means.append(mean)
        self.steps += 1
        if not self.heads:
            return
        peaks, means = list(self._peaks), list(self._means)
        for head in self.heads:
            head.settle(self._made[head.target.kind == "peak"], peaks, means)
        by_mean, by_peak = self._points(peaks[-HISTORY:], means[-HISTORY:])
        self._made[0].append(by_mean)
        self._made[1].append(by_peak)
        for head in self.heads:
            head.issue(by_peak if head.target.kind == "peak" else by_mean)

    def _points(self, peaks: list[float], means: list[float]) -> tuple[Step, Step]:
        # The floor keeps a constant series from being divided by nothing.
        highest = max(peaks)
        scale = max(self._change, 1e-6 * max(highest, -min(peaks)), 1e-12)
        last = means[-1]
        recent = means[-6:]
        lags = [(recent[-1 - k] - last) / scale if k < len(recent) else 0.0 for k in range(1, 6)]
        short = means[-12:]
        raw = [
            *lags,
            (sum(short) / len(short) - last) / scale,
            (max(peaks[-12:]) - last) / scale,
            (min(short) - last) / scale,
            (highest - last) / scale,
        ]
        features = self._scaler.scale(raw)
        return (
            Step(last, scale, features, references(means, peaks, self._smoothed[1])),
            Step(peaks[-1], scale, features, references(peaks, peaks, self._smoothed[0])),
        )

    def dump(self) -> RungState:
        """The rung as numbers."""
        return RungState(
            peaks=list(self._peaks),
            means=list(self._means),
            smoothed=self._smoothed,
            change=self._change,
            steps=self.steps,
            scaler=self._scaler.dump(),
            made=(list(self._made[0]), list(self._made[1])),
            heads=[h.dump() for h in self.heads],
        )

    @classmethod
    def load(cls, targets: Sequence[Target], state: RungState) -> Rung:
        """A rung as it was dumped."""
        rung = cls(targets)
        rung._peaks.extend(state.peaks)
        rung._means.extend(state.means)
        rung._smoothed = state.smoothed
        rung._change = state.change
        rung.steps = state.steps
        rung._scaler = Scaler.load(state.scaler)
        for made, was in zip(rung._made, state.made, strict=True):
            made.extend(was)
        rung.heads = [Head.load(t, s) for t, s in zip(targets, state.heads, strict=True)]
        return rung
