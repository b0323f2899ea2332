"""Which resource, which slice, where: the optimiser. Pure, deterministic, and never worse than today's placement."""

from foretide.streams.placement.assemble import Need, assemble
from foretide.streams.placement.errors import PlacementError
from foretide.streams.placement.plan import Limits, Plan, plan, why_unplaced
from foretide.streams.placement.problem import MICRO, Demand, Kind, Option, Problem
from foretide.streams.placement.verify import price, violations

__all__ = [
    "MICRO",
    "Demand",
    "Kind",
    "Limits",
    "Need",
    "Option",
    "PlacementError",
    "Plan",
    "Problem",
    "assemble",
    "plan",
    "price",
    "violations",
    "why_unplaced",
]
