"""From a forecast to the class an application should hold, as small steps, each a pure function.

quantile -> margin -> what was reached lately -> the class of least expected cost in the geometry -> bounds ->
hold-down of steps down -> an idle moment. Compute is a share of a whole card, memory is in bytes, a class is an index
into the layout's profiles.
"""

from foretide.streams.planning.sizing.agreement import Agreement, agree, agreed, next_run
from foretide.streams.planning.sizing.backoff import backoff_ms
from foretide.streams.planning.sizing.choosing import Choice, choose
from foretide.streams.planning.sizing.evidence import Evidence
from foretide.streams.planning.sizing.need import Need, need_of
from foretide.streams.planning.sizing.quantile import horizon_reach, peak_ahead, with_margin
from foretide.streams.planning.sizing.rounding import (
    bounded,
    bounds_of,
    class_to_lower,
    class_to_raise,
    class_used,
    holds_lower,
    holds_raise,
    size_of,
    suits,
)

__all__ = [
    "Agreement",
    "Choice",
    "Evidence",
    "Need",
    "agree",
    "agreed",
    "backoff_ms",
    "bounded",
    "bounds_of",
    "choose",
    "class_to_lower",
    "class_to_raise",
    "class_used",
    "holds_lower",
    "holds_raise",
    "horizon_reach",
    "need_of",
    "next_run",
    "peak_ahead",
    "size_of",
    "suits",
    "with_margin",
]
