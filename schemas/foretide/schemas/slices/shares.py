"""Slices without positions: shares of a card, cores of a machine, and what is only given whole."""

from __future__ import annotations

from typing import Final

from foretide.schemas.slices.geometry import Geometry, SliceProfile
from foretide.schemas.units import GIB


def whole(name: str, memory_bytes: int) -> Geometry:
    """A resource given whole or not at all: a card, a VM, an FPGA instance, a bare-metal host."""
    return Geometry(name, 1, 1, memory_bytes, (SliceProfile("whole", 1, 1, (0,)),), "counted")


def mps(name: str, memory_bytes: int, step_percent: int = 10) -> Geometry:
    """Shares of a card under NVIDIA MPS, in steps of `step_percent` (a divisor of 100) of compute and of memory.

    CUDA_MPS_ACTIVE_THREAD_PERCENTAGE and CUDA_MPS_PINNED_DEVICE_MEM_LIMIT limit the two.
    """
    if not 1 <= step_percent <= 100 or 100 % step_percent:
        raise ValueError(f"step_percent {step_percent} is no divisor of 100")
    slots = 100 // step_percent
    profiles = tuple(SliceProfile(f"{n * step_percent}%", n, n, (0,)) for n in range(1, slots + 1))
    return Geometry(name, slots, slots, memory_bytes, profiles, "counted")


def cores(name: str, count: int, memory_bytes: int, sizes: tuple[int, ...]) -> Geometry:
    """A machine of `count` cores shared out in `sizes` cores, each with its part of the memory."""
    profiles = tuple(SliceProfile(f"{n}c", n, n, (0,)) for n in sorted(sizes))
    return Geometry(name, count, count, memory_bytes, profiles, "counted")


SHARES: Final = (
    *(mps(f"mps-{gib}gb", gib * GIB) for gib in (16, 24, 32, 40, 48, 80)),
    *(whole(f"whole-{gib}gb", gib * GIB) for gib in (16, 24, 32, 40, 48, 64, 80, 96, 141, 180, 192, 256)),
)
