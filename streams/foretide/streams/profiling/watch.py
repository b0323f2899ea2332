"""A signal's watch for deviations."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.streams.profiling.deviation import Departure, DeviationState, direction_of, pass_usual, weigh
from foretide.streams.profiling.settings import DeviationSettings


class Watch:
    """Weighs window after window as `deviation.weigh` does. Most are as usual: these are only counted, and what they
    teach is worked out when the next one is not, or somebody asks."""

    __slots__ = ("_state", "_usual")

    def __init__(self, state: DeviationState | None = None) -> None:
        """`state` is where the evidence stands; without, there is none."""
        self._state = state or DeviationState()
        self._usual = 0

    @property
    def state(self) -> DeviationState:
        """Where the evidence stands now."""
        if self._usual:
            pass_usual(self._state, self._usual)
            self._usual = 0
        return self._state

    def weigh(
        self, at_ms: int, value: float, expected: Sequence[float], settings: DeviationSettings, *, learning: bool
    ) -> Departure | None:
        """Take one window in; the departure that starts or ends with it, if one does."""
        known = self._state
        if not (known.run or known.active) and direction_of(value, expected, settings) == 0:
            self._usual += 1
            return None
        return weigh(self.state, at_ms, value, expected, settings, learning=learning)
