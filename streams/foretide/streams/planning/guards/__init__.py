"""What may keep a wished change back, one guard a module, and the order in which they are asked.

A guard is a function of the pool's state, the application and its wish. It changes nothing; it says why the wish must
wait and when to look again, or None.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from foretide.streams.planning.guards.backoff import backoff
from foretide.streams.planning.guards.base import Binding, Guard, Wish
from foretide.streams.planning.guards.budget import budget
from foretide.streams.planning.guards.caps import caps
from foretide.streams.planning.guards.cooldown import cooldown
from foretide.streams.planning.guards.hold_off import hold_off
from foretide.streams.planning.guards.lost_card import lost_card
from foretide.streams.planning.guards.maintenance import maintenance
from foretide.streams.planning.guards.paused import paused
from foretide.streams.planning.records import App
from foretide.streams.planning.state import PoolState

TIMING: Final[tuple[Guard, ...]] = (hold_off, cooldown)
"""Asked before a change is advised or made: is it time for another one?"""
ACTING: Final[tuple[Guard, ...]] = (lost_card, paused, maintenance, backoff)
"""Asked before a place is looked for, in mode auto: may anything be done now?"""
FIRST: Final[tuple[Guard, ...]] = (paused, backoff)
"""The same for a first placement, which disturbs nobody."""
RETURNING: Final[tuple[Guard, ...]] = (backoff,)
"""The same for a release, which is never kept back longer than a failed one."""
PLACED: Final[tuple[Guard, ...]] = (budget, caps)
"""Asked when the place is known."""


def binding(guards: Iterable[Guard], state: PoolState, app: App, wish: Wish) -> Binding | None:
    """What the first of `guards` that binds says, or None."""
    return next((found for guard in guards if (found := guard(state, app, wish)) is not None), None)


__all__ = ["ACTING", "FIRST", "PLACED", "RETURNING", "TIMING", "Binding", "Guard", "Wish", "binding"]
