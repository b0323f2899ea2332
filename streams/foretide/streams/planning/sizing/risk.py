"""The risk of a smaller class: how often its compute would be exceeded, and what that costs.

The quantiles of a forecast say little about it: an idle application's next burst lies beyond the .99 quantile of the
next minutes and within that of the next hour, whatever it is like. How long a level has been left alone tells more:
the chance that it is exceeded within the next hour falls like a power of the time since it last was, as the lengths
of idle spells have heavy tails, and it is smaller the further the recent maximum stayed below. This is the choice
between keeping and giving up of the ski rental problem (Karlin, Manasse, Rudolph and Sleator, Competitive snoopy
caching, 1988), with the odds of the return instead of the worst case.
"""

from __future__ import annotations

import math
from typing import Final

from foretide.streams.planning.layout import TOLERANCE, Layout
from foretide.streams.planning.sizing.evidence import Evidence

RECENT_SECONDS: Final = 4 * 3600.0
"""How far back the recent maximum looks."""

# A logistic regression of "exceeded within the next hour" on the samples of production applications at a minute each;
# two halves of the applications gave 2.46, .90, .57, 2.40 and 2.35, .89, .47, 3.33. They are rounded, not shipped data.
_BASE: Final = 2.4
_QUIET: Final = 0.9
_LEVEL: Final = 0.55
_BELOW: Final = 2.5


def chance_of_excess(level: float, quiet_seconds: float, recent: float) -> float:
    """The chance that compute exceeds `level` (share of a card) within the next hour, after `quiet_seconds` without,
    `recent` being its recent maximum."""
    if level >= 1.0 - TOLERANCE:
        return 0.0
    odds = (
        _BASE
        - _QUIET * math.log1p(max(quiet_seconds, 0.0) / 60.0)
        - _LEVEL * math.log(max(level, 1e-3))
        + _BELOW * (recent - level)
    )
    return 1.0 / (1.0 + math.exp(-odds))


def excesses_per_hour(level: float, evidence: Evidence) -> float:
    """How many excesses an hour such a chance means, if they come independently of each other."""
    recent = min(evidence.highest(RECENT_SECONDS), 1.0)
    return -math.log1p(-chance_of_excess(level, evidence.quiet_seconds(level + TOLERANCE), recent))


def expected_cost(layout: Layout, index: int, evidence: Evidence, price: float) -> float:
    """Cards that holding class `index` costs: its own share, and `price` card-hours for each excess expected per hour.
    Without evidence there is no risk to be priced."""
    if price <= 0.0 or not evidence.stairs:
        return layout.cost[index]
    return layout.cost[index] + price * excesses_per_hour(layout.compute[index], evidence)


def cheapest(layout: Layout, least: int, evidence: Evidence, price: float) -> int:
    """The class of least expected cost among `least` and all larger ones; of equals the smallest."""
    if price <= 0.0 or not evidence.stairs:
        return least
    found, lowest = least, expected_cost(layout, least, evidence, price)
    for index in range(least + 1, layout.last + 1):
        # One whose share of a card alone costs as much is no cheaper, whatever its risk.
        if layout.cost[index] < lowest and (cost := expected_cost(layout, index, evidence, price)) < lowest:
            found, lowest = index, cost
    return found
