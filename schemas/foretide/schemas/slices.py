"""Slice geometries as data: what a card can be cut into, and where each slice may sit.

A MIG card has 7 compute slices and 8 memory slices. A profile takes `memory_slots` consecutive memory slices from
one of its `starts`; two instances may not overlap in memory slices, and the compute slices may not exceed 7.
Placements as in NVIDIA's MIG user guide, "Supported MIG profiles" (A100 80GB, H100 80GB).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from foretide.schemas.units import GIB


@dataclass(frozen=True, slots=True)
class SliceProfile:
    """One class a card can be cut into. `compute_slots` of the card's 7 and `memory_slots` of its 8."""

    name: str
    compute_slots: int
    memory_slots: int
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Geometry:
    """A card model's slicing rules. `profiles` are ordered from the smallest to the largest."""

    name: str
    compute_slots: int
    memory_slots: int
    memory_bytes: int
    profiles: tuple[SliceProfile, ...]

    def profile(self, name: str) -> SliceProfile:
        """The profile called `name`; KeyError names the geometry and what it knows."""
        for p in self.profiles:
            if p.name == name:
                return p
        raise KeyError(f"geometry {self.name} has no slice {name!r}; it has {', '.join(p.name for p in self.profiles)}")

    def compute_ratio(self, profile: SliceProfile) -> float:
        """Share of the whole card's compute that the profile holds."""
        return profile.compute_slots / self.compute_slots

    def memory_ratio(self, profile: SliceProfile) -> float:
        """Share of the whole card's memory that the profile holds."""
        return profile.memory_slots / self.memory_slots

    def profile_bytes(self, profile: SliceProfile) -> float:
        """Memory of the profile in bytes."""
        return self.memory_bytes * self.memory_ratio(profile)

    def cost(self, profile: SliceProfile) -> float:
        """Share of a card the profile uses up: the scarcer of its compute and its memory."""
        return max(self.compute_ratio(profile), self.memory_ratio(profile))

    def free_start(self, profile: SliceProfile, held: Iterable[tuple[str, int]]) -> int | None:
        """The start at which `profile` fits beside the `held` (slice name, start) pairs, or None.

        Of several it takes the highest, as the driver does, so that the low starts stay free for large slices.
        """
        taken, compute = 0, 0
        for name, start in held:
            other = self.profile(name)
            taken |= ((1 << other.memory_slots) - 1) << start
            compute += other.compute_slots
        if compute + profile.compute_slots > self.compute_slots:
            return None
        mask = (1 << profile.memory_slots) - 1
        return next((s for s in sorted(profile.starts, reverse=True) if not taken & (mask << s)), None)

    def valid(self, held: Iterable[tuple[str, int]]) -> bool:
        """Whether the (slice name, start) pairs can exist together on one card."""
        taken, compute = 0, 0
        for name, start in held:
            p = self.profile(name)
            mask = ((1 << p.memory_slots) - 1) << start
            if start not in p.starts or taken & mask:
                return False
            taken |= mask
            compute += p.compute_slots
        return compute <= self.compute_slots


MIG_80GB: Final = Geometry(
    name="mig-80gb",
    compute_slots=7,
    memory_slots=8,
    memory_bytes=80 * GIB,
    profiles=(
        SliceProfile("1g.10gb", 1, 1, (0, 1, 2, 3, 4, 5, 6)),
        SliceProfile("1g.20gb", 1, 2, (0, 2, 4, 6)),
        SliceProfile("2g.20gb", 2, 2, (0, 2, 4)),
        SliceProfile("3g.40gb", 3, 4, (0, 4)),
        SliceProfile("4g.40gb", 4, 4, (0,)),
        SliceProfile("7g.80gb", 7, 8, (0,)),
    ),
)

GEOMETRIES: Final = {g.name: g for g in (MIG_80GB,)}
