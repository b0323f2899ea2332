"""The policies by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from foretide.deploy.policies import rules
from foretide.deploy.policies.series import Series
from foretide.deploy.policies.setting import Setting
from foretide.streams.planning.layout import Layout

FORETIDE: Final = "foretide"
ORACLE: Final = "oracle"


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule for people, and the class it wishes for after each sample of an application."""

    name: str
    description: str
    wishes: Callable[[Series, Layout, Setting], list[int]]


OTHERS: Final[tuple[Policy, ...]] = (
    Policy("whole-card", "a whole card for each application, always", rules.whole_card),
    Policy("last-value", "what was used last, and a fifth more", rules.LAST_VALUE.wishes),
    Policy("rolling-maximum", "the largest of 240 samples; memory 5 % more", rules.ROLLING_MAXIMUM.wishes),
    Policy("autoscaler", "the vertical pod autoscaler's constants", rules.AUTOSCALER.wishes),
    Policy("kruize", "Kruize's performance recommendation, .98 of a day's maxima", rules.KRUIZE.wishes),
    Policy("koordinator", "Koordinator's peak predictor; whole cards during its first day", rules.KOORDINATOR.wishes),
    Policy("crane", "Crane's seasonal predictor; whole cards until it has two periods", rules.CRANE.wishes),
    Policy(ORACLE, "knows the future; same cadence, delay and outage", rules.oracle),
)

DESCRIPTIONS: Final = {FORETIDE: "the planner that runs live, on what its forecasts say"} | {
    p.name: p.description for p in OTHERS
}
NAMES: Final = tuple(DESCRIPTIONS)
