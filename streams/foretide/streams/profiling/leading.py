"""Which expert leads a signal, and when that changes. The forecast is the mixture of all; the leader is its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from foretide.streams.forecasting.experts import EXPERTS, FLEET
from foretide.streams.profiling.settings import LeadSettings

FIRST: Final = EXPERTS[FLEET]
"""The network that all applications share leads until another proves better."""


class LeadState(msgspec.Struct, array_like=True):
    """The champion; the challenger that was better of late, and in how many outcomes in a row."""

    champion: str = FIRST
    challenger: str = ""
    run: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A challenger was `promoted` in place of the champion, or the errors have changed (`drift`), in which case the
    champion `before` stays the one `after`. `loss_ratio` is the new champion's faded loss over the old one's."""

    kind: Literal["promoted", "drift"]
    before: str
    after: str
    loss_ratio: float | None = None


def weigh(
    state: LeadState, names: Sequence[str], losses: Sequence[float], known: int, settings: LeadSettings
) -> Change | None:
    """Take the faded losses after one more outcome in; the promotion that comes of it, if one does."""
    least = min(losses)
    old = losses[names.index(state.champion)]
    if known < settings.outcomes or not least < (1.0 - settings.margin) * old:
        state.challenger, state.run = "", 0
        return None
    best = names[losses.index(least)]
    state.run = state.run + 1 if best == state.challenger else 1
    state.challenger = best
    if state.run < settings.outcomes:
        return None
    change = Change("promoted", state.champion, best, least / old)
    state.champion, state.challenger, state.run = best, "", 0
    return change
