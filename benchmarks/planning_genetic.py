"""A genetic algorithm for the same problem, as the field would use one: random keys, decoded greedily (Bean, 1994)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pymoo.algorithms.soo.nonconvex.ga import GA
from pymoo.core.problem import ElementwiseProblem
from pymoo.optimize import minimize

from foretide.streams.placement import Problem
from foretide.streams.placement.board import NOWHERE, Board, Seat

POPULATION = 30
GENERATIONS = 20


class _Keys(ElementwiseProblem):  # type: ignore[misc]
    """Two keys for each application: when it is seated, and whether at home, anew, or by which of its options."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(n_var=2 * len(problem.app_demand), n_obj=1, xl=0.0, xu=1.0)
        self.board = Board(problem)
        self.homes = list(self.board.seat)
        self.best = self.board.cost

    def _evaluate(self, x: Any, out: dict[str, Any], *_: Any, **__: Any) -> None:
        board, count = self.board, len(self.homes)
        for app, seat in enumerate(board.seat):
            if seat.card >= 0:
                board.remove(app)
        for app in np.argsort(x[:count], kind="stable").tolist():
            self._seat(app, float(x[count + app]))
        board.journal.clear()
        self.best = min(self.best, board.cost)
        out["F"] = board.cost / 1e6

    def _seat(self, app: int, key: float) -> None:
        board = self.board
        options = board.problem.demands[board.demand_of[app]].options
        if key >= 0.4 and options:
            option = options[min(int((key - 0.4) / 0.6 * len(options)), len(options) - 1)]
            card = board.among(app, option.kind, option.rank)
            if card >= 0:
                place = board.lattices[option.kind].put(board.state[card], option.rank)
                assert place is not None
                board.put(app, Seat(card, option.rank, place[0]))
                return
        seat = board.best(app)
        if seat is not None and seat != NOWHERE:
            board.put(app, seat)


def genetic(problem: Problem, seed: int) -> int:
    """The least cost that pymoo's GA finds, in micro-units; today's placement counts as found."""
    keys = _Keys(problem)
    minimize(keys, GA(pop_size=POPULATION), ("n_gen", GENERATIONS), seed=seed, verbose=False)
    best: int = keys.best
    return best
