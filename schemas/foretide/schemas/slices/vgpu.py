"""NVIDIA vGPU, time-sliced. In the equal-size mode all instances of a card are of one type; in the mixed-size mode,
which newer cards have, types are mixed, and each begins only at some places of the memory.

The types are those of the C series (compute) in NVIDIA's vGPU user guide, "Virtual GPU types for supported GPUs": a
card of `gib` holds gib // size instances. Their compute is the card's time in equal parts, as the fixed-share
scheduler gives it; under best-effort scheduling an instance may have more while others idle. Of the mixed-size mode
those types are here whose size is the card's halved some times: they begin at every multiple of their size. The guide
gives others fewer placements than their size suggests (nvmlDeviceGetVgpuTypeSupportedPlacements tells a card's own).
"""

from __future__ import annotations

from typing import Final

from foretide.schemas.slices.geometry import Geometry, SliceProfile
from foretide.schemas.units import GIB


def _vgpu(model: str, gib: int, sizes: tuple[int, ...]) -> Geometry:
    profiles = tuple(SliceProfile(f"{model}-{size}C", size, size, (0,)) for size in sizes)
    return Geometry(f"vgpu-{model.lower()}-{gib}gb", gib, gib, gib * GIB, profiles, "uniform")


def _mixed(model: str, gib: int, sizes: tuple[int, ...]) -> Geometry:
    profiles = (SliceProfile(f"{model}-{size}C", size, size, tuple(range(0, gib, size))) for size in sizes)
    return Geometry(f"vgpu-{model.lower()}-{gib}gb-mixed", gib, gib, gib * GIB, tuple(profiles), "placed")


VGPU: Final = (
    _vgpu("T4", 16, (4, 8, 16)),
    _vgpu("V100D", 32, (4, 8, 16, 32)),
    _vgpu("A10", 24, (4, 6, 8, 12, 24)),
    _vgpu("L4", 24, (4, 6, 8, 12, 24)),
    _vgpu("A40", 48, (4, 6, 8, 12, 16, 24, 48)),
    _vgpu("L40S", 48, (4, 6, 8, 12, 16, 24, 48)),
    _vgpu("A100", 40, (4, 5, 8, 10, 20, 40)),
    _vgpu("A100D", 80, (4, 8, 10, 16, 20, 40, 80)),
    _vgpu("H100", 80, (4, 5, 8, 10, 16, 20, 40, 80)),
    _mixed("L4", 24, (6, 12, 24)),
    _mixed("A40", 48, (6, 12, 24, 48)),
    _mixed("L40S", 48, (6, 12, 24, 48)),
    _mixed("H100", 80, (10, 20, 40, 80)),
)
