"""So many commands may be under way at a time."""

from __future__ import annotations

from foretide.streams.planning import placing
from foretide.streams.planning.guards.base import Binding, Wish
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState


def caps(state: PoolState, app: App, wish: Wish) -> Binding | None:
    """Binds where the pool, or a host that the change touches, has the most commands in flight that are allowed."""
    sizing = state.policy.sizing
    if state.in_flight >= sizing.max_in_flight_per_pool:
        reason = f"{wish.reason}; {state.in_flight} commands are in flight in the pool, the most allowed"
        return Binding("pool_cap", reason, queue=True)
    for host in placing.hosts_of(state, app.held, wish.spot):
        flying = state.in_flight_on.get(host, 0)
        if flying >= sizing.max_in_flight_per_host:
            reason = f"{wish.reason}; {flying} commands are in flight on {host}, the most allowed"
            return Binding("host_cap", reason, queue=True, host=host)
    return None
