"""Everything a pool's planner may react to, in one order. Topic pool-events.v1, key pool."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from foretide.schemas.messages.base import Message, Part, RecordRef
from foretide.schemas.messages.placement import Placement
from foretide.schemas.messages.predictions import Quantiles
from foretide.schemas.units import EpochMs, Name, Seconds, SignalName

Mode = Literal["off", "advise", "initial", "auto"]
"""off: ignore; advise: decide, command nothing; initial: place on request, never change; auto: place and change."""

OutcomeStatus = Literal["applied", "unchanged", "rejected", "failed", "rolled_back", "expired"]


class PoolEvent(Message, frozen=True, kw_only=True, tag_field="kind"):
    """Root of the pool log's events. `id` is unique per event; a repeated id is dropped. `at_ms` is event time."""

    id: Name
    pool: Name
    at_ms: EpochMs


class SignalNeed(Part, frozen=True, kw_only=True):
    """Quantiles of the peak of one signal over `horizon_seconds`."""

    signal: SignalName
    horizon_seconds: Seconds
    peak: Quantiles


class ForecastEvent(PoolEvent, frozen=True, kw_only=True, tag="forecast"):
    """An application's forecast, sent only when it could change a plan. `why` says what made it worth sending."""

    app: Name
    needs: list[SignalNeed]
    last: dict[SignalName, float]
    learning: bool
    why: Literal["first", "class", "margin", "age"]
    based_on: RecordRef


class ResourceReport(Part, frozen=True, kw_only=True):
    """One card and its slicing rules (a name in foretide.schemas.slices.GEOMETRIES)."""

    resource: Name
    geometry: Name
    host: Name


class InventoryEvent(PoolEvent, frozen=True, kw_only=True, tag="inventory"):
    """All the resources of one `source` (an exporter). It replaces that source's earlier report."""

    source: Name
    resources: list[ResourceReport]


class AppPolicy(Part, frozen=True, kw_only=True):
    """What may be done to an application, within which bounds (slice names, inclusive; None is unbounded)."""

    mode: Mode = "advise"
    min_slice: Name | None = None
    max_slice: Name | None = None
    initial_slice: Name | None = None


class PolicyEvent(PoolEvent, frozen=True, kw_only=True, tag="policy"):
    """The pool's policy: a default and per-application exceptions. It replaces the earlier one."""

    default: AppPolicy
    apps: dict[Name, AppPolicy] = field(default_factory=dict)


class AllocateRequest(PoolEvent, frozen=True, kw_only=True, tag="allocate"):
    """An application asks for a slice. `preallocate` is its willingness to have one reserved ahead of need."""

    app: Name
    preallocate: bool = False
    priority: Annotated[int, Meta(ge=0, le=100)] = 50


class ReleaseRequest(PoolEvent, frozen=True, kw_only=True, tag="release"):
    """An application gives its slice back."""

    app: Name


class OutcomeEvent(PoolEvent, frozen=True, kw_only=True, tag="outcome"):
    """What came of a command. `placement` is the actual state afterwards; `duration_seconds` was measured."""

    command_id: Name
    app: Name
    status: OutcomeStatus
    placement: Placement | None
    duration_seconds: Seconds
    message: str
    dry_run: bool = False


AnyPoolEvent = ForecastEvent | InventoryEvent | PolicyEvent | AllocateRequest | ReleaseRequest | OutcomeEvent
