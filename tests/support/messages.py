"""Hypothesis strategies for every message of the contract. Other tests may use them too."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from foretide.schemas.messages import (
    AbsoluteInterval,
    AllocateRequest,
    Alternative,
    AppPolicy,
    Budget,
    CardKind,
    Column,
    Command,
    DeadLetter,
    Decision,
    Deviation,
    ForecastEvent,
    HorizonForecast,
    InventoryEvent,
    Maintenance,
    Message,
    Objective,
    OomEvent,
    OutcomeEvent,
    PauseEvent,
    Placement,
    PolicyEvent,
    Prediction,
    Probation,
    Provisioning,
    Quantiles,
    RecordRef,
    ReleaseRequest,
    ResourceReport,
    ResumeEvent,
    Scorecard,
    SignalForecast,
    SignalNeed,
    SignalScore,
    Sizing,
    TelemetryWindow,
    WeeklyInterval,
)
from foretide.schemas.signals import STANDARD
from foretide.schemas.topics import (
    COMMANDS,
    DEAD_LETTERS,
    DECISIONS,
    DEVIATIONS,
    POOL_EVENTS,
    PREDICTIONS,
    SCORECARDS,
    TELEMETRY,
)

names = st.from_regex(r"[a-z0-9][a-z0-9/_.:-]{0,30}", fullmatch=True)
labels = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)
texts = st.text(st.characters(codec="utf-8"), max_size=60)
epoch_ms = st.integers(0, 253_402_300_799_999)
step_ms = st.integers(1, 86_400_000)
seconds = st.floats(0, 1e7)
ratios = st.floats(0, 1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**53)
epochs = st.integers(0, 2**31)
signal_names = st.one_of(st.sampled_from(sorted(STANDARD)), st.from_regex(r"app\.[a-z][a-z0-9_]{0,15}", fullmatch=True))
slices = st.sampled_from(["1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"])

quantiles = st.lists(numbers, min_size=4, max_size=4).map(
    lambda v: Quantiles(**dict(zip(("q50", "q90", "q95", "q99"), sorted(v), strict=True)))
)
records = st.builds(RecordRef, topic=names, partition=st.integers(0, 1000), offset=counts)
placements = st.builds(Placement, resource=names, slice=slices, start=st.integers(0, 7))


@st.composite
def windows(draw: st.DrawFn, *, samples: int | None = None) -> TelemetryWindow:
    """A telemetry window with 1 to 4 signals of equal length."""
    length = samples or draw(st.integers(1, 12))
    arrays = st.lists(st.none() | numbers, min_size=length, max_size=length)
    signals = draw(st.dictionaries(signal_names, arrays, min_size=1, max_size=4))
    columns = st.builds(Column, name=labels, scale=numbers)
    return TelemetryWindow(
        app=draw(names),
        resource=draw(names),
        source=draw(names),
        start_ms=draw(st.integers(0, 2_000_000_000_000)),
        step_ms=draw(step_ms),
        signals=signals,
        phase=draw(st.none() | labels),
        user=draw(st.none() | labels),
        columns=draw(st.none() | st.fixed_dictionaries(dict.fromkeys(signals, columns))),
    )


horizons = st.builds(HorizonForecast, horizon_seconds=seconds, peak=quantiles, mean=quantiles)
forecasts = st.builds(
    SignalForecast,
    signal=signal_names,
    last=numbers,
    horizons=st.lists(horizons, max_size=3),
    model=labels,
    confidence=ratios,
    recent_loss=st.none() | numbers,
)
predictions = st.builds(
    Prediction,
    id=names,
    app=names,
    issued_ms=epoch_ms,
    phase=labels,
    learning=st.booleans(),
    forecasts=st.lists(forecasts, max_size=3),
    based_on=records,
    epoch=epochs,
)
deviations = st.builds(
    Deviation,
    id=names,
    app=names,
    signal=signal_names,
    at_ms=epoch_ms,
    state=st.sampled_from(["started", "ended"]),
    direction=st.sampled_from(["above", "below"]),
    observed=numbers,
    expected=quantiles,
    probability=ratios,
    lasted_seconds=seconds,
    based_on=records,
    epoch=epochs,
)
scores = st.builds(
    SignalScore,
    signal=signal_names,
    horizon_seconds=seconds,
    coverage90=ratios,
    pinball90_ratio=st.none() | numbers,
    error_ratio=st.none() | numbers,
    outcomes=counts,
)
scorecards = st.builds(
    Scorecard, id=names, app=names, at_ms=epoch_ms, scores=st.lists(scores, max_size=3), based_on=records, epoch=epochs
)

_event: dict[str, Any] = {"id": names, "pool": names, "at_ms": epoch_ms}
needs = st.builds(SignalNeed, signal=signal_names, horizon_seconds=seconds, peak=quantiles)
forecast_events = st.builds(
    ForecastEvent,
    **_event,
    app=names,
    needs=st.lists(needs, max_size=3),
    last=st.dictionaries(signal_names, numbers, max_size=3),
    learning=st.booleans(),
    why=st.sampled_from(["first", "class", "margin", "age"]),
    based_on=records,
)
prices = st.none() | st.floats(0, 1e9)
resources = st.builds(
    ResourceReport,
    resource=names,
    geometry=st.just("mig-80gb"),
    host=names,
    price_per_hour=prices,
    provisioned=st.booleans(),
)
inventory_events = st.builds(InventoryEvent, **_event, source=names, resources=st.lists(resources, max_size=4))
times = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.integers(0, 59))
days = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), max_size=3)
maintenance = st.builds(
    Maintenance,
    changes=st.sampled_from(["only_inside", "never_inside"]),
    weekly=st.lists(st.builds(WeeklyInterval, begin=times, end=times, days=days), min_size=1, max_size=2),
    absolute=st.lists(st.just(AbsoluteInterval(begin_ms=5, end_ms=9)), max_size=1),
    urgent_passes=st.booleans(),
)
objectives = st.builds(Objective, signal=st.just("app.latency_ms"), better=st.sampled_from(["higher", "lower"]))
budgets = st.builds(Budget, money_per_hour=prices, cards=st.none() | st.floats(0, 1e6))
provisionings = st.builds(
    Provisioning,
    mode=st.sampled_from(["off", "advise", "auto"]),
    kinds=st.lists(st.builds(CardKind, geometry=st.just("mig-80gb"), price_per_hour=prices), max_size=2),
    budget=budgets,
    wait_seconds=seconds,
)
policies = st.builds(
    AppPolicy,
    mode=st.sampled_from(["off", "advise", "initial", "auto"]),
    min_slice=st.none() | slices,
    max_slice=st.none() | slices,
    initial_slice=st.none() | slices,
    maintenance=st.lists(maintenance, max_size=2),
    objective=st.none() | objectives,
)
sizings = st.builds(
    Sizing,
    compute_quantile=st.sampled_from(["q50", "q90", "q95", "q99"]),
    compute_margin=st.floats(0, 10),
    memory_full_ratio=st.floats(0.01, 1),
    cooldown_seconds=seconds,
    max_in_flight_per_pool=st.integers(1, 1000),
    valid_for_seconds=st.floats(1, 86_400),
)
policy_events = st.builds(
    PolicyEvent,
    **_event,
    default=policies,
    apps=st.dictionaries(names, policies, max_size=3),
    sizing=sizings,
    budget=budgets,
    maintenance=st.lists(maintenance, max_size=2),
    probation=st.builds(Probation, seconds=seconds, hold_off_seconds=seconds),
    provisioning=provisionings,
)
allocate_requests = st.builds(
    AllocateRequest, **_event, app=names, preallocate=st.booleans(), priority=st.integers(0, 100)
)
release_requests = st.builds(ReleaseRequest, **_event, app=names)
outcome_events = st.builds(
    OutcomeEvent,
    **_event,
    command_id=names,
    app=names,
    status=st.sampled_from(["applied", "unchanged", "rejected", "failed", "rolled_back", "expired"]),
    placement=st.none() | placements,
    duration_seconds=seconds,
    message=texts,
    dry_run=st.booleans(),
)
oom_events = st.builds(OomEvent, **_event, app=names, memory_bytes=st.none() | st.floats(0, 1e15))
pause_events = st.builds(PauseEvent, **_event, app=st.none() | names, reason=st.sampled_from(["", "driver upgrade"]))
resume_events = st.builds(ResumeEvent, **_event, app=st.none() | names)
pool_events = st.one_of(
    forecast_events, inventory_events, policy_events, allocate_requests, release_requests, outcome_events,
    oom_events, pause_events, resume_events,
)  # fmt: skip

decisions = st.builds(
    Decision,
    id=names,
    pool=names,
    app=names,
    at_ms=epoch_ms,
    action=st.sampled_from(["allocate", "resize", "migrate", "release", "hold"]),
    mode=st.sampled_from(["off", "advise", "initial", "auto"]),
    held=st.none() | placements,
    wanted=st.none() | placements,
    reason=texts,
    considered=st.lists(st.builds(Alternative, slice=slices, verdict=texts), max_size=3),
    guard=st.none() | texts,
    commanded=st.booleans(),
    valid_for_seconds=seconds,
    based_on=st.lists(records, max_size=3),
)
commands = st.builds(
    Command,
    id=names,
    pool=names,
    app=names,
    action=st.sampled_from(["allocate", "resize", "migrate", "release"]),
    expected=st.none() | placements,
    desired=st.none() | placements,
    issued_ms=epoch_ms,
    deadline_ms=epoch_ms,
    epoch=epochs,
)
dead_letters = st.builds(
    DeadLetter,
    id=names,
    record=records,
    consumer=names,
    place=texts,
    reason=texts,
    key=st.none() | texts,
    size_bytes=counts,
    excerpt=texts,
    at_ms=epoch_ms,
)

MESSAGES: dict[str, st.SearchStrategy[Message]] = {
    TELEMETRY: windows(),
    PREDICTIONS: predictions,
    DEVIATIONS: deviations,
    SCORECARDS: scorecards,
    POOL_EVENTS: pool_events,
    DECISIONS: decisions,
    COMMANDS: commands,
    DEAD_LETTERS: dead_letters,
}
"""A strategy per topic."""
