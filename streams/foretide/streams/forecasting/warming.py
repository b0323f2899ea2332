"""What forecasts are computed with is compiled before it is needed, not in the middle of a worker's first batch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from threadpoolctl import threadpool_limits

from foretide.streams.compiled import is_kept
from foretide.streams.fleet import default_network
from foretide.streams.fleet.features import DAY
from foretide.streams.forecasting import aggregation, autoregression
from foretide.streams.forecasting.bank import OUTSIDE, Bank
from foretide.streams.forecasting.reading import read_rows
from foretide.streams.forecasting.targets import Target
from foretide.streams.forecasting.view import Floats

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def warm_up(tell: Callable[[str], None] = log.info) -> None:
    """Have everything that a step of a bank calls in machine code, and linear algebra in one thread.

    On a machine's first start that takes some 20 s, of which `tell` is told; later it is read from disk in less than
    one. Once a process is enough.
    """
    if not is_kept():
        tell("compiling what forecasts are computed with for this machine: some 20 s, once")
    # The network's matrices are so small that threads cost more than they help, many times more on a busy machine.
    threadpool_limits(limits=1, user_api="blas")
    bank = Bank([Target("peak", 1)], default_network())
    row = bank.add()
    for _ in range(2):  # with the second step the first one's forecasts are settled
        bank.step([row], [0.0], [0.0], _unknown(DAY), _unknown(OUTSIDE), [0])
    read_rows({0: bank}, np.array([[row]]), ((0, 0),))
    # What not every bank, or no bank itself, has use for.
    autoregression.learn(np.zeros((1, 1)), np.ones((1, 1, 1)), np.ones((1, 1)), np.zeros(1))
    aggregation.weights(np.ones((1, 1)), 0)


def _unknown(numbers: int) -> Floats:
    return np.full((1, numbers), np.nan, dtype=np.float32)
