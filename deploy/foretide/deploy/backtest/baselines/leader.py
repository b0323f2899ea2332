"""Follow the leader: of several rules, the one whose errors were smallest lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from foretide.deploy.backtest.baselines.rule import Rule, Told

FADE: Final = 0.995
"""What is left of an error's weight after each newer one."""


class Leader:
    """Forwards the forecast of whichever of `rules` had the least faded absolute error `steps` samples ahead."""

    def __init__(self, rules: Sequence[Rule], steps: int) -> None:
        self._rules = rules
        self._loss = [0.0] * len(rules)
        self._due: deque[list[float | None]] = deque(maxlen=steps)

    def observe(self, at_ms: int, value: float, step_ms: int) -> None:
        """Settle what was said `steps` samples ago, then let every rule see it."""
        if len(self._due) == self._due.maxlen:
            for i, said in enumerate(self._due[0]):
                if said is not None:
                    self._loss[i] = FADE * self._loss[i] + abs(value - said)
        for rule in self._rules:
            rule.observe(at_ms, value, step_ms)
        self._due.append([rule.forecast().median for rule in self._rules])

    def forecast(self) -> Told:
        """The leader's; on equal losses the first one's."""
        return Told(self._due[-1][self._loss.index(min(self._loss))], None)
