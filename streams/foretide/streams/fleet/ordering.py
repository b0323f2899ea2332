"""Numbers at the upper end of an order, for compiled functions: cheaper than to sort all of them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from foretide.streams.compiled import compiled

FEW: Final = 9
"""So many of the largest are sooner sorted than counted."""


@compiled
def largest(values: Any, many: int, found: Any) -> None:
    """Fill the first `many` of `found` with the largest of `values`, of which there are so many at least, the largest
    first."""
    held = 0
    for value in values:
        if held < many:
            place = held
            held += 1
        elif value > found[many - 1]:
            place = many - 1
        else:
            continue
        while place > 0 and found[place - 1] < value:
            found[place] = found[place - 1]
            place -= 1
        found[place] = value


@compiled
def ranked(values: Any, rank: int) -> Any:
    """The `rank`-th largest (from 1) of many numbers of single precision, none of them NaN.

    Numbers are in the order of their bits, but for the sign. So it is found by halving a range of whole numbers and
    counting what is not below the middle, which needs no sorting and takes as long for every series.
    """
    if rank <= FEW:
        highest = np.empty(rank, dtype=np.float32)
        largest(values, rank, highest)
        return highest[rank - 1]
    keys = np.empty(len(values), dtype=np.int32)
    for i in range(len(values)):
        keys[i] = _key(np.float32(values[i]).view(np.int32))
    low, high = np.int64(keys.min()), np.int64(keys.max())
    while low < high:
        middle = np.int32((low + high + 1) >> 1)
        count = np.int32(0)
        for key in keys:
            # In 32 bits throughout: so the processor counts eight at a time.
            count = np.int32(count + (np.int32(1) if key >= middle else np.int32(0)))
        if count >= rank:
            low = np.int64(middle)
        else:
            high = np.int64(middle) - 1
    return np.int32(_key(np.int32(low))).view(np.float32)


@compiled
def _key(bits: Any) -> Any:
    """The bits of a number as one in the same order, and back."""
    return np.int32(bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))
