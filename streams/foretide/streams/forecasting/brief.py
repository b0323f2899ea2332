"""Numbers in the upper 16 bits of single precision: of any size, and to four thousandths exact.

Errors of forecasts are kept so: their sizes tell how far quantiles are from the centre, and no two digits of that
matter.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from foretide.streams.compiled import compiled

INFINITE: Final = 0x7F80
"""An infinite one: what is not known yet."""


@compiled
def widened(brief: Any) -> Any:
    """The number in single precision."""
    return np.uint32(np.uint32(brief) << np.uint32(16)).view(np.float32)


@compiled
def narrowed(value: Any) -> Any:
    """The upper bits of the number next to `value`, of two equally near the even one; `value` is not NaN."""
    wide = np.float32(value).view(np.uint32)
    odd = np.uint32((wide >> np.uint32(16)) & np.uint32(1))
    return np.uint16(np.uint32(wide + np.uint32(0x7FFF) + odd) >> np.uint32(16))
