"""The messages, one module per topic or pair of topics; import them from here."""

from foretide.schemas.messages.base import CONTRACT_VERSION, Message, Part, RecordRef
from foretide.schemas.messages.dead_letters import DeadLetter
from foretide.schemas.messages.decisions import Action, Alternative, Command, Decision
from foretide.schemas.messages.placement import Placement
from foretide.schemas.messages.pool_events import (
    AllocateRequest,
    AnyPoolEvent,
    AppPolicy,
    ForecastEvent,
    InventoryEvent,
    Mode,
    OutcomeEvent,
    OutcomeStatus,
    PolicyEvent,
    PoolEvent,
    ReleaseRequest,
    ResourceReport,
    SignalNeed,
    Sizing,
)
from foretide.schemas.messages.predictions import Deviation, HorizonForecast, Prediction, Quantiles, SignalForecast
from foretide.schemas.messages.scorecards import ModelChange, Scorecard, SignalScore
from foretide.schemas.messages.telemetry import Column, TelemetryWindow

__all__ = [
    "CONTRACT_VERSION",
    "Action",
    "AllocateRequest",
    "Alternative",
    "AnyPoolEvent",
    "AppPolicy",
    "Column",
    "Command",
    "DeadLetter",
    "Decision",
    "Deviation",
    "ForecastEvent",
    "HorizonForecast",
    "InventoryEvent",
    "Message",
    "Mode",
    "ModelChange",
    "OutcomeEvent",
    "OutcomeStatus",
    "Part",
    "Placement",
    "PolicyEvent",
    "PoolEvent",
    "Prediction",
    "Quantiles",
    "RecordRef",
    "ReleaseRequest",
    "ResourceReport",
    "Scorecard",
    "SignalForecast",
    "SignalNeed",
    "SignalScore",
    "Sizing",
    "TelemetryWindow",
]
