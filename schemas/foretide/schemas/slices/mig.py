"""NVIDIA MIG. A card has 7 compute slices and 8 memory slices.

Placements as in NVIDIA's MIG user guide, "Supported MIG profiles" and `nvidia-smi mig -lgipp`: they are the same for
every card with seven compute slices, only the memory differs. The variants with media engines (+me, +gfx) take the
same place as the profile without, so they are no classes of their own here.
"""

from __future__ import annotations

from typing import Final

from foretide.schemas.slices.geometry import Geometry, SliceProfile
from foretide.schemas.units import GIB

_SHAPES: Final = (
    (1, 1, (0, 1, 2, 3, 4, 5, 6)),
    (1, 2, (0, 2, 4, 6)),
    (2, 2, (0, 2, 4)),
    (3, 4, (0, 4)),
    (4, 4, (0,)),
    (7, 8, (0,)),
)
"""Compute slots, memory slots and starts, from the smallest to the largest."""


def _mig(name: str, gib: int, sizes: tuple[int, int, int, int]) -> Geometry:
    """A card of `gib`; `sizes` are the gigabytes in the names of 1, 2, 4 and 8 memory slices."""
    of = dict(zip((1, 2, 4, 8), sizes, strict=True))
    profiles = (SliceProfile(f"{c}g.{of[m]}gb", c, m, starts) for c, m, starts in _SHAPES)
    return Geometry(name, 7, 8, gib * GIB, tuple(profiles))


MIG_40GB: Final = _mig("mig-40gb", 40, (5, 10, 20, 40))
"""A100 40GB."""
MIG_80GB: Final = _mig("mig-80gb", 80, (10, 20, 40, 80))
"""A100 80GB, H100 80GB."""
MIG_141GB: Final = _mig("mig-141gb", 141, (18, 35, 71, 141))
"""H200 141GB."""
MIG_180GB: Final = _mig("mig-180gb", 180, (23, 45, 90, 180))
"""B200 180GB."""

MIG: Final = (MIG_40GB, MIG_80GB, MIG_141GB, MIG_180GB)
