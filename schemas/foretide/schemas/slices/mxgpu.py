"""AMD Instinct partitions. A card's compute is in one partition mode at a time, so all its slices are alike.

As in AMD's guide to MI300X compute and memory partition modes: SPX is the whole card (8 XCDs), DPX 2, QPX 4 and CPX 8
partitions. Each class counts with its part of the memory, as an equal split (NPS4 in CPX) or a quota gives it.
"""

from __future__ import annotations

from typing import Final

from foretide.schemas.slices.geometry import Geometry, SliceProfile
from foretide.schemas.units import GIB


def _mxgpu(name: str, gib: int) -> Geometry:
    modes = (("CPX", 1), ("QPX", 2), ("DPX", 4), ("SPX", 8))
    return Geometry(name, 8, 8, gib * GIB, tuple(SliceProfile(m, n, n, (0,)) for m, n in modes), "uniform")


MXGPU: Final = (_mxgpu("mxgpu-mi300x-192gb", 192), _mxgpu("mxgpu-mi325x-256gb", 256))
