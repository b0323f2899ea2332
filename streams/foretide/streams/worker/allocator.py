"""Keeps what a batch of records has freed for the next one.

A batch makes arrays of a megabyte and frees them. The C library gives such memory back at once and asks for it again,
and the system clears every page anew: a thirtieth of a worker's processor time.
"""

from __future__ import annotations

import ctypes
from typing import Final

KEPT_BYTES: Final = 32 * 2**20
"""So much free memory at the end of the heap stays the process's."""
MAPPED_BYTES: Final = 8 * 2**20
"""Larger blocks, which hold states, come from the system and go back to it one by one; a batch's arrays are smaller."""

# As malloc.h has them.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3


def keep_freed_memory() -> bool:
    """Tell the C library, for as long as the process lives; False if it is none that can be told (only glibc can)."""
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is None:
        return False
    return bool(tell(_TRIM_THRESHOLD, KEPT_BYTES)) and bool(tell(_MMAP_THRESHOLD, MAPPED_BYTES))
