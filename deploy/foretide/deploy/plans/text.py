"""An outlook as text."""

from __future__ import annotations

from foretide.deploy.tables import UNKNOWN, aligned
from foretide.deploy.watching import clock, place
from foretide.streams.planning import AppOutlook, PoolOutlook

HEAD = ("application", "mode", "held", "queue", "next", "guard", "why")


def text_of(found: PoolOutlook) -> str:
    """The pool in three lines, then an application a line, those who wait first."""
    money = "unknown" if found.money_per_hour is None else f"{found.money_per_hour:.2f}"
    lines = [
        f"pool {found.pool} at {clock(found.at_ms)}: {found.cards} cards, {found.cards_held:.2f} held, an hour costs "
        f"{money}, {found.in_flight} commands in flight",
        f"size: {_size(found)}",
        f"next look at the whole pool: {_look(found)}",
    ]
    if found.paused is not None:
        lines.append(f"PAUSED: {found.paused}")
    rows = [HEAD, *(_row(app) for app in found.apps)]
    return "\n".join([*lines, "", *aligned(rows, left=len(HEAD))])


def _size(found: PoolOutlook) -> str:
    if found.provisioning is not None:
        return f"command {found.provisioning} is under way"
    return "enough, and not too much" if found.next is None else f"{found.next.action}: {found.next.reason}"


def _look(found: PoolOutlook) -> str:
    if found.paused is not None:
        return "none while it is paused"
    if found.next_look_ms is None:
        return "none, replanning is off" if found.at_ms else "none before the first forecast"
    left = (found.next_look_ms - found.at_ms) / 60_000
    return f"{clock(found.next_look_ms)}" + (f", in {left:.3g} min" if left > 0 else ", due with the next event")


def _row(app: AppOutlook) -> tuple[str, ...]:
    queue = UNKNOWN if app.position is None else f"{app.position} for {app.waits_for}"
    if app.flight is not None and app.next is None:
        doing = f"{app.flight.partition(' ')[0]} to {place(app.flight_wants)}"
        return app.app, _mode(app), place(app.held), queue, doing, "in_flight", app.why
    return app.app, _mode(app), place(app.held), queue, *_next(app)


def _mode(app: AppOutlook) -> str:
    return app.mode if app.paused is None else f"{app.mode}, paused"


def _next(app: AppOutlook) -> tuple[str, str, str]:
    decision = app.next
    if decision is None:
        return "stay", UNKNOWN, app.why
    action = decision.action if decision.wanted is None else f"{decision.action} to {place(decision.wanted)}"
    return action, decision.guard or UNKNOWN, app.why
