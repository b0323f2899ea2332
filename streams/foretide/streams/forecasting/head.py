"""What is known of the forecasts of one target of one series: a view of its row in a bank."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from foretide.streams.forecasting.aggregation import weights_of_one
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import FLEET, LAST
from foretide.streams.forecasting.scoring import KNOWN, scores
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.view import Doubles


@dataclass(frozen=True, slots=True)
class Score:
    """One row's numbers of `scoring.Scores`; None where they are not known."""

    coverage90: float | None
    pinball90_ratio: float | None
    error_ratio: float | None
    leader_ratio: float | None
    slack90: float | None
    slack99: float | None
    unmet99: float | None
    above99: float | None


@dataclass(frozen=True, slots=True)
class Head:
    """The `place`-th target of the `row` of a `bank`. It changes nothing, and is read when asked."""

    bank: Bank
    row: int
    place: int

    @property
    def target(self) -> Target:
        """What is forecast."""
        return self.bank.targets[self.place]

    @property
    def known(self) -> int:
        """Outcomes known so far."""
        return int(self.bank.state["known"][self.row, self.place])

    @property
    def covered(self) -> float:
        """The share of late outcomes at or below the .9 quantile."""
        return float(self.bank.state["covered"][self.row, self.place])

    @property
    def quantiles(self) -> list[float]:
        """The latest forecast at LEVELS."""
        found: list[float] = self.bank.state["quantiles"][self.row, self.place].tolist()
        return found

    @property
    def losses(self) -> list[float]:
        """Each expert's faded absolute errors."""
        found: list[float] = self.bank.state["losses"][self.row, self.place].tolist()
        return found

    @property
    def surprise(self) -> float:
        """The latest outcome's distance from the median that was issued for it, in units of the usual change."""
        return float(self.bank.state["surprise"][self.row, self.place])

    @property
    def score(self) -> Score:
        """How well the forecasts did of late."""
        found = scores(self.bank, [self.row], self.place)
        return Score(**{name: _told(getattr(found, name)) for name in Score.__slots__})

    def weights(self) -> dict[str, float]:
        """Each expert's share of the centre."""
        return dict(zip(self.bank.experts, weights_of_one(self.losses, FLEET), strict=True))

    @property
    def winner(self) -> str:
        """The expert with the largest weight, the first of several."""
        shares = self.weights()
        return max(shares, key=lambda name: shares[name])

    @property
    def relative_loss(self) -> float | None:
        """The best expert's recent error relative to last value's; None while unknown, or if last value's is 0."""
        losses = self.losses
        return min(losses) / losses[LAST] if self.known >= KNOWN and losses[LAST] > 0.0 else None

    @property
    def pinball_ratio(self) -> float | None:
        """The recent pinball loss of the .9 quantile relative to last value's; None as for `relative_loss`."""
        own, last = self.bank.state["pinball"][self.row, self.place].tolist()
        return float(own) / float(last) if self.known >= KNOWN and last > 0.0 else None


def _told(values: Doubles) -> float | None:
    value = float(values[0])
    return value if isfinite(value) else None
