"""Numbers of half precision in compiled functions, which know them only as 16 bits."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foretide.streams.compiled import compiled

Halves = NDArray[np.uint16]

_SIGN: Final = np.uint32(0x8000)
_REST: Final = np.uint32(0x7FFF)
_REBIAS: Final = np.float32(2.0**112)
"""What a half's bits, read as those of single precision, are too small by: the exponents start elsewhere."""
_ALL_BUT_SIGN: Final = np.uint32(0x7FFFFFFF)
_SUBNORMAL: Final = np.uint32(0x38800000)
"""The bits of 2 ** -14: what is smaller has no exponent of its own in half precision."""
_HALF: Final = np.float32(0.5)
_HALF_BITS: Final = np.uint32(0x3F000000)
_OFFSET: Final = np.uint32(0x38000000)


def bits(field: NDArray[np.float16]) -> Halves:
    """The numbers of a field as bits, of any shape, not copied."""
    return field.view(np.uint16)


@compiled
def widened(half: Any) -> Any:
    """The number in single precision that the bits of a finite half stand for, exactly."""
    wide = np.uint32(half)
    size = np.uint32((wide & _REST) << np.uint32(13)).view(np.float32) * _REBIAS
    return -size if wide & _SIGN else size


@compiled
def drawn(value: Any, chance: Any) -> Any:
    """The bits of one of the two halves next to a number, the nearer one the likelier: `chance` is drawn evenly from
    the 13 bits that a half has less. Numbers too small for a half's full precision are rounded to the next one."""
    wide = np.float32(value).view(np.uint32)
    size = np.uint32(wide & _ALL_BUT_SIGN)
    if size < _SUBNORMAL:
        return narrowed(value)
    found = np.uint32(np.uint32(size - _OFFSET + np.uint32(chance)) >> np.uint32(13))
    return np.uint16(found | np.uint32(np.uint32(wide >> np.uint32(16)) & _SIGN))


@compiled
def narrowed(value: Any) -> Any:
    """The bits of the half next to a number, of two equally near the even one, as numpy rounds; its size must be at
    most 65,504."""
    wide = np.float32(value).view(np.uint32)
    size = np.uint32(wide & _ALL_BUT_SIGN)
    if size < _SUBNORMAL:
        # The sum has its last digit where a half has it, and the processor rounds it there.
        moved = np.float32(np.uint32(size).view(np.float32) + _HALF)
        found = np.uint32(np.float32(moved).view(np.uint32) - _HALF_BITS)
    else:
        odd = np.uint32((size >> np.uint32(13)) & np.uint32(1))
        found = np.uint32(np.uint32(size - _OFFSET + np.uint32(0xFFF) + odd) >> np.uint32(13))
    return np.uint16(found | np.uint32(np.uint32(wide >> np.uint32(16)) & _SIGN))
