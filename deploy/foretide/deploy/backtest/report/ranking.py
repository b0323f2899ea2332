"""Series from the worst to the best, by what a forecast is for: erring less than the last value does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from foretide.deploy.backtest.application import ApplicationRun
from foretide.deploy.backtest.scores import Score
from foretide.deploy.backtest.seen import Seen, nothing_seen
from foretide.deploy.backtest.tracks import Track

LEAST_SCORED: Final = 30
"""Outcomes of a series below which its ratio says little; it is not ranked."""

SEEN: Final = ", seen in training"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A series with its score of kind point; `ratio` is its error ratio, `seen` whether the fleet model was trained
    on it."""

    track: Track
    score: Score
    ratio: float
    seen: bool = False

    @property
    def name(self) -> str:
        """The series for people."""
        return f"{self.track.app} · {self.track.column.name}"

    @property
    def words(self) -> str:
        """The series and its ratio, in a line."""
        return f"{self.name}: {self.ratio:.3f}{SEEN if self.seen else ''}"

    @property
    def reason(self) -> str:
        """Why it stands where it stands."""
        covered = self.score.coverage(0.9) or 0.0
        return (
            f"Its median errs {self.ratio:.3f} times as much as last value does, over {self.score.scored} outcomes; "
            f"{100 * covered:.1f} % of them were at or under the .9 quantile."
            f"{' The fleet model was trained on this series.' if self.seen else ''}"
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """`series` from the worst to the best, and how many were left out, by reason."""

    series: list[Ranked]
    unmoved: int
    short: int

    def middle(self, seen: bool) -> float | None:
        """The median ratio of the series the fleet model was trained on, or of the others; None if there is none."""
        ratios = [r.ratio for r in self.series if r.seen == seen]
        return median(ratios) if ratios else None

    def shown(self) -> list[tuple[str, Ranked]]:
        """The worst three, the one in the middle and the best, each once, with what to call it."""
        count = len(self.series)
        places: dict[int, str] = {}
        for place, title in (
            (0, "Worst"),
            (1, "Second worst"),
            (2, "Third worst"),
            (count // 2, "Median"),
            (count - 1, "Best"),
        ):
            if 0 <= place < count:
                places.setdefault(place, title)
        return [(places[p], self.series[p]) for p in sorted(places)]


def rank(runs: Sequence[ApplicationRun], steps: int, seen: Seen = nothing_seen) -> Ranking:
    """All series at the horizon of so many samples; by name where ratios are equal."""
    found: list[Ranked] = []
    unmoved = short = 0
    for run in runs:
        for key, track in run.tracks.items():
            if track.steps != steps:
                continue
            score = run.scores[key, "point"]
            ratio = score.error_ratio
            if score.scored < LEAST_SCORED:
                short += 1
            elif ratio is None:
                unmoved += 1
            else:
                found.append(Ranked(track, score, ratio, seen(track.app, track.column.name)))
    return Ranking(sorted(found, key=lambda r: (-r.ratio, r.name)), unmoved, short)
