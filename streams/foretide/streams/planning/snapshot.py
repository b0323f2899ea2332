"""A pool's state as bytes and back. The same state always gives the same bytes.

Rows are arrays without field names, names that recur (cards, hosts, topics) are numbers into a table, and what an
application does not have is one byte: ten thousand applications take well under a megabyte.
"""

from __future__ import annotations

from heapq import heapify
from typing import Final

import msgspec

from foretide.schemas.errors import ForetideError
from foretide.schemas.messages import (
    AppPolicy,
    Budget,
    Maintenance,
    Mode,
    Objective,
    Performance,
    Probation,
    Provisioning,
    Replanning,
    ResourceKind,
    ResourceReport,
    Sizing,
)
from foretide.streams.planning.cards import Card
from foretide.streams.planning.layout import Spot, layout_named
from foretide.streams.planning.records import (
    App,
    Barred,
    Change,
    Flight,
    Floor,
    Pause,
    Policy,
    PoolSize,
    Source,
    Trial,
)
from foretide.streams.planning.sizing import Agreement, Need
from foretide.streams.planning.state import PoolState
from foretide.streams.planning.upgrading import EARLIER, upgraded

FORMAT: Final = "plan-2"
"""2: pauses, prices, probation, pool size. Earlier ones are upgraded; any other is refused."""

SpotRow = tuple[int, int, int]
FlightRow = tuple[str, Change, SpotRow | None, list[int]]
RunRow = tuple[int, int, int]
GuardRow = tuple[int, int, bool, int | None, int | None, int]
ReportRow = tuple[int, int, int, float | None, bool]
KindsRow = tuple[str, list[ResourceKind], list[str | None]]
ExtraRow = tuple[Trial | None, Barred | None, Floor | None, float | None]
QueueRow = tuple[int, int, int, int, int | None, int | None]


class SnapshotError(ForetideError):
    """A snapshot of a planner that cannot be read: the pool, and what was wrong."""


class PolicyRow(msgspec.Struct, array_like=True, frozen=True):
    """An application's policy. What is at the end, with a default, came later than the format."""

    mode: Mode
    min_slice: str | None
    max_slice: str | None
    initial_slice: str | None
    maintenance: list[Maintenance] | None
    objective: Objective | None
    performance: Performance | None = None


class AppRow(msgspec.Struct, array_like=True, frozen=True):
    """One application. `guards`: failures, retry_ms, dry_run, advised, told, wake_ms. Fields ending in `_ago` are ms
    before the pool's clock, None for never: small numbers take fewer bytes. `extra`: trial, barred, floor, level."""

    name: str
    held: SpotRow | None
    flight: FlightRow | None
    asked: bool
    releasing: bool
    priority: int
    forecast_ago: int | None
    based_on: tuple[int, int, int] | None
    learning: bool
    need: bytes | None
    run: RunRow | None
    changed_ago: int | None
    guards: GuardRow | None
    queue: QueueRow | None
    extra: ExtraRow | None


class CardRow(msgspec.Struct, array_like=True, frozen=True):
    """A card that some source reports or that is occupied."""

    name: str
    host: int
    layout: int
    present: bool
    leaving: bool
    price: float | None
    provisioned: bool
    kind: str | None = None


class Payload(msgspec.Struct, array_like=True, frozen=True):
    """The whole state of a pool. `names` are the recurring names that rows refer to by number. `kinds`: for each source
    that has any, the kinds that it describes and the kind of each of its resources. What is at the end, with a default,
    came later than the format."""

    format: str
    pool: str
    clock_ms: int
    swept_ms: int
    arrivals: int
    unserved: bool
    names: list[str]
    default: PolicyRow
    policies: list[tuple[str, PolicyRow]]
    sizing: Sizing
    budget: Budget
    maintenance: list[Maintenance]
    probation: Probation
    provisioning: Provisioning
    paused: list[tuple[str | None, Pause]]
    size: PoolSize
    sources: list[tuple[str, int, list[ReportRow]]]
    cards: list[CardRow]
    apps: list[AppRow]
    known_ids: bytes
    replanning: Replanning = Replanning()
    replan_ms: int = -1
    kinds: list[KindsRow] = []


_NO_GUARDS: Final[GuardRow] = (0, 0, False, None, None, -1)
_NO_EXTRA: Final[ExtraRow] = (None, None, None, None)


class _Names:
    """Numbers for names, in order of first use."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def _policy_row(policy: AppPolicy) -> PolicyRow:
    return PolicyRow(
        policy.mode, policy.min_slice, policy.max_slice, policy.initial_slice, policy.maintenance or None,
        policy.objective, policy.performance,
    )  # fmt: skip


def _policy(row: PolicyRow) -> AppPolicy:
    return AppPolicy(
        mode=row.mode, min_slice=row.min_slice, max_slice=row.max_slice, initial_slice=row.initial_slice,
        maintenance=row.maintenance or [], objective=row.objective, performance=row.performance,
    )  # fmt: skip


def to_bytes(state: PoolState) -> bytes:
    """The state as bytes."""
    name_of = _Names()
    cards = sorted(state.cards, key=lambda c: c.name)
    number = {card.name: i for i, card in enumerate(cards)}

    def spot(at: Spot | None) -> SpotRow | None:
        return None if at is None else (number[at.card], at.rank, at.start)

    def ago(at_ms: int) -> int | None:
        return None if at_ms < 0 else state.clock_ms - at_ms

    def report(r: ResourceReport) -> ReportRow:
        return number[r.resource], name_of(r.host), name_of(r.geometry), r.price_per_hour, r.provisioned

    def row(app: App) -> AppRow:
        advised, told = (None if text is None else name_of(text) for text in (app.advised, app.told))
        guards: GuardRow = (app.failures, app.retry_ms, app.dry_run, advised, told, app.wake_ms)
        extra: ExtraRow = (app.trial, app.barred, app.floor, app.level)
        flight, queue = app.flight, app.waiting
        topic = app.based_on
        return AppRow(
            name=app.name,
            held=spot(app.held),
            flight=None if flight is None else (
                flight.command_id, flight.action, spot(flight.target), [name_of(h) for h in flight.hosts]
            ),
            asked=app.asked,
            releasing=app.releasing,
            priority=app.priority,
            forecast_ago=ago(app.forecast_ms),
            based_on=None if topic is None else (name_of(topic[0]), topic[1], topic[2]),
            learning=app.learning,
            need=None if app.need is None else app.need.packed(),
            run=None if app.run is None else (state.clock_ms - app.run.since_ms, app.run.forecasts, app.run.rank),
            changed_ago=ago(app.changed_ms),
            guards=None if guards == _NO_GUARDS else guards,
            queue=None if queue is None else (
                *queue, name_of(app.waits_for or ""), app.waits_class,
                None if app.waits_host is None else name_of(app.waits_host), ago(app.waits_since),
            ),
            extra=None if extra == _NO_EXTRA else extra,
        )  # fmt: skip

    payload = Payload(
        format=FORMAT,
        pool=state.pool,
        clock_ms=state.clock_ms,
        swept_ms=state.swept_ms,
        arrivals=state.arrivals,
        unserved=state.unserved,
        default=_policy_row(state.policy.default),
        policies=[(name, _policy_row(policy)) for name, policy in sorted(state.policy.apps.items())],
        sizing=state.policy.sizing,
        budget=state.policy.budget,
        maintenance=list(state.policy.maintenance),
        probation=state.policy.probation,
        provisioning=state.policy.provisioning,
        paused=sorted(state.paused.items(), key=lambda one: one[0] or ""),
        size=state.size,
        sources=[(name, s.at_ms, [report(r) for r in s.resources]) for name, s in sorted(state.sources.items())],
        cards=[
            CardRow(
                c.name, name_of(c.host), name_of(c.layout.name), c.present, c.leaving, c.price, c.provisioned, c.kind
            )
            for c in cards
        ],
        apps=[row(state.apps[name]) for name in sorted(state.apps)],
        known_ids=state.known_ids(),
        names=list(name_of.numbers),
        replanning=state.policy.replanning,
        replan_ms=state.replan_ms,
        kinds=[
            (name, list(s.kinds), [r.kind for r in s.resources])
            for name, s in sorted(state.sources.items())
            if s.kinds or any(r.kind is not None for r in s.resources)
        ],
    )
    return msgspec.msgpack.encode(payload)


def _format_of(payload: bytes) -> str | None:
    """The format that a payload says it has, if that much can be read."""
    try:
        rows = msgspec.msgpack.decode(payload)
    except msgspec.MsgspecError:
        return None
    return str(rows[0]) if isinstance(rows, list) and rows else None


def _decode(payload: bytes) -> Payload:
    """The payload, one of an earlier format upgraded."""
    if _format_of(payload) not in EARLIER:
        return msgspec.msgpack.decode(payload, type=Payload)
    rows = upgraded(msgspec.msgpack.decode(payload), FORMAT)
    return msgspec.msgpack.decode(msgspec.msgpack.encode(rows), type=Payload)


def from_bytes(pool: str, payload: bytes) -> PoolState:
    """The state that `payload` holds, to the last bit; SnapshotError if it cannot be read."""
    try:
        p = _decode(payload)
    except (msgspec.MsgspecError, ValueError, TypeError, IndexError) as e:
        found = _format_of(payload)
        if found not in (None, FORMAT):
            raise SnapshotError(f"pool {pool}: snapshot is {found}, {FORMAT} is needed") from e
        raise SnapshotError(f"pool {pool}: snapshot cannot be read: {e}") from e
    if p.format != FORMAT or p.pool != pool:
        raise SnapshotError(f"pool {pool}: snapshot is {p.format} of pool {p.pool}, {FORMAT} is needed")
    state = PoolState(pool)
    state.clock_ms, state.swept_ms, state.arrivals, state.unserved = p.clock_ms, p.swept_ms, p.arrivals, p.unserved
    state.policy = Policy(
        _policy(p.default), {name: _policy(row) for name, row in p.policies}, p.sizing, p.budget,
        tuple(p.maintenance), p.probation, p.provisioning, p.replanning,
    )  # fmt: skip
    state.paused, state.size, state.replan_ms = dict(p.paused), p.size, p.replan_ms
    described = {source: (kinds, of) for source, kinds, of in p.kinds}
    names = p.names
    for source, at_ms, resources in p.sources:
        kinds, kind_of = described.get(source, ([], [None] * len(resources)))
        reports = (
            ResourceReport(
                resource=p.cards[r].name, host=names[h], geometry=names[g], price_per_hour=price, provisioned=ours,
                kind=kind,
            )
            for (r, h, g, price, ours), kind in zip(resources, kind_of, strict=True)
        )  # fmt: skip
        state.sources[source] = Source(at_ms, tuple(reports), tuple(kinds))
    state.gather_kinds()
    for c in p.cards:
        card = Card(c.name, names[c.host], layout_named(names[c.layout]), c.present)
        card.leaving, card.price, card.provisioned, card.kind = c.leaving, c.price, c.provisioned, c.kind
        state.cards.restore(card)

    def spot(row: SpotRow | None) -> Spot | None:
        return None if row is None else Spot(p.cards[row[0]].name, row[1], row[2])

    def at(ago: int | None) -> int:
        return -1 if ago is None else p.clock_ms - ago

    for r in p.apps:
        app = state.app(r.name)
        app.asked, app.releasing, app.priority = r.asked, r.releasing, r.priority
        app.forecast_ms, app.learning, app.changed_ms = at(r.forecast_ago), r.learning, at(r.changed_ago)
        app.based_on = None if r.based_on is None else (names[r.based_on[0]], r.based_on[1], r.based_on[2])
        app.need = None if r.need is None else Need.unpacked(r.need)
        app.run = None if r.run is None else Agreement(p.clock_ms - r.run[0], r.run[1], r.run[2])
        guards = r.guards or _NO_GUARDS
        app.failures, app.retry_ms, app.dry_run, advised, told, app.wake_ms = guards
        app.advised, app.told = (None if number is None else names[number] for number in (advised, told))
        if app.wake_ms >= 0:
            state.wakes.append((app.wake_ms, app.name))
        if r.queue is not None:
            priority, arrival, guard, app.waits_class, host, since = r.queue
            app.waits_since = at(since)
            app.waiting, app.waits_for = (priority, arrival), names[guard]
            app.waits_host = None if host is None else names[host]
            state.queue.append((priority, arrival, app.name))
        app.trial, app.barred, app.floor, app.level = r.extra or _NO_EXTRA
        flight = r.flight
        state.move(app, spot(r.held), None if flight is None else Flight(
            flight[0], flight[1], spot(flight[2]), tuple(names[h] for h in flight[3])
        ))  # fmt: skip
    state.queue.sort()
    heapify(state.wakes)
    state.cards.settle()
    for i in range(0, len(p.known_ids), 8):
        state.learn_id(p.known_ids[i : i + 8])
    return state
