"""Which expert leads a signal, and when that changes. The forecast is the mixture of all; the leader is its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

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


class Losses(NamedTuple):
    """Faded losses: the champion's, and that of the `best` expert, which may be the same."""

    champion: float
    best: str
    least: float


def weigh(state: LeadState, losses: Losses, known: int, settings: LeadSettings) -> Change | None:
    """Take the losses after one more outcome in; the promotion that comes of it, if one does."""
    if known < settings.outcomes or not losses.least < (1.0 - settings.margin) * losses.champion:
        state.challenger, state.run = "", 0
        return None
    state.run = state.run + 1 if losses.best == state.challenger else 1
    state.challenger = losses.best
    if state.run < settings.outcomes:
        return None
    change = Change("promoted", state.champion, losses.best, losses.least / losses.champion)
    state.champion, state.challenger, state.run = losses.best, "", 0
    return change
