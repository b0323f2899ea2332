"""Cards come and go, as their sources report them."""

from __future__ import annotations

from foretide.schemas.messages import InventoryEvent, ResourceKind
from foretide.streams.planning.decide import decide
from foretide.streams.planning.layout import Layout, layout_of
from foretide.streams.planning.records import Source
from foretide.streams.planning.turn import Turn


def on_inventory(turn: Turn, event: InventoryEvent) -> None:
    """Replace what the source reported before; an older report than its last changes nothing."""
    state = turn.state
    before = state.sources.get(event.source)
    if before is not None and event.at_ms < before.at_ms:
        return
    resources = tuple(sorted(event.resources, key=lambda r: (r.resource, r.host, r.geometry)))
    kinds = tuple(sorted(event.kinds, key=lambda k: k.name))
    state.sources[event.source] = Source(event.at_ms, resources, kinds)
    if before is not None and before.resources == resources and before.kinds == kinds:
        return
    state.gather_kinds()
    reports = {
        r.resource: r for name in sorted(state.sources, reverse=True) for r in reversed(state.sources[name].resources)
    }
    mentioned = {r.resource for r in resources} | {r.resource for r in (before.resources if before else ())}
    for name in sorted(mentioned):
        card, report = state.cards.get(name), reports.get(name)
        if report is not None:
            back = card is not None and not card.present
            kind = state.kinds.get(report.kind or "")
            state.cards.report(name, report.host, _layout(report.geometry, kind))
            price = report.price_per_hour
            if price is None and kind is not None:
                price = kind.price_per_hour
            if state.cards.tell(name, price, report.provisioned, report.kind):
                for app in state.cards[name].occupants:
                    state.charge(state.apps[app])
                turn.landed = True
            if back:
                _each_on(turn, name, gone=False)
        elif card is not None and card.present:
            holders = sorted(card.occupants)
            state.cards.vanish(name)
            if holders:
                _each_on(turn, name, gone=True)


def _layout(geometry: str, kind: ResourceKind | None) -> Layout:
    """Cards whose kind tells how fast workloads run are told apart from others that are cut alike."""
    if kind is None:
        return layout_of(geometry)
    tells = kind.throughput or kind.interference
    return layout_of(geometry, kind.relative_compute, kind.name if tells else "")


def _each_on(turn: Turn, card_name: str, *, gone: bool) -> None:
    state = turn.state
    for name in sorted(state.cards[card_name].occupants):
        app = state.apps[name]
        if app.held is None or app.held.card != card_name:
            continue
        if gone:
            state.leave_queue(app)
            turn.hold(app, "lost_card", f"{card_name} is in no source's inventory any more; what it holds is kept")
        else:
            app.told = None
            decide(turn, app)
