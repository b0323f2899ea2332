"""What is known of the forecasts of one target of one series: a view of its row in a bank."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from foretide.streams.forecasting.aggregation import weights
from foretide.streams.forecasting.bank import Bank
from foretide.streams.forecasting.experts import FLEET
from foretide.streams.forecasting.scoring import scores
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
    def score(self) -> Score:
        """How well the forecasts did of late."""
        found = scores(self.bank, [self.row], self.place)
        return Score(**{name: _told(getattr(found, name)) for name in Score.__slots__})

    def weights(self) -> dict[str, float]:
        """Each expert's share of the centre."""
        shares = weights(self.bank.state["losses"][self.row, self.place][None], FLEET)[0]
        return dict(zip(self.bank.experts, shares.tolist(), strict=True))

    @property
    def winner(self) -> str:
        """The expert with the largest weight, the first of several."""
        shares = self.weights()
        return max(shares, key=lambda name: shares[name])


def _told(values: Doubles) -> float | None:
    value = float(values[0])
    return value if isfinite(value) else None
