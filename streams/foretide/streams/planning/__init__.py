"""The planner: which slice every application of a pool should hold, and the changes that lead there."""

from foretide.streams.planning.hashing import decision_hash
from foretide.streams.planning.loop import PoolLoop, applied
from foretide.streams.planning.outlook import AppOutlook, PoolOutlook, outlook
from foretide.streams.planning.processor import PlanProcessor
from foretide.streams.planning.snapshot import SnapshotError
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.step import step
from foretide.streams.planning.turn import command_of

__all__ = [
    "AppOutlook",
    "PlanProcessor",
    "PoolLoop",
    "PoolOutlook",
    "PoolState",
    "SnapshotError",
    "applied",
    "command_of",
    "decision_hash",
    "outlook",
    "step",
]
