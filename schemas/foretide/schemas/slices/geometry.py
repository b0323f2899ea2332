"""What a card can be cut into, and where each slice may sit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Rule = Literal["placed", "counted", "uniform"]
"""How slices share a card. placed: each takes consecutive memory slots from one of its starts (MIG). counted: only the
sums count, positions do not (MPS shares, cores). uniform: as counted, and all slices of a card are of one class at a
time (time-sliced vGPU, MxGPU partitions)."""


@dataclass(frozen=True, slots=True)
class SliceProfile:
    """One class a card can be cut into. `compute_slots` and `memory_slots` are of the card's.

    `starts` are the memory slots it may begin at. Where positions do not count it is (0,).
    """

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
    rule: Rule = "placed"

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
        held = list(held)
        if self.rule != "placed":
            return 0 if self.valid([*held, (profile.name, 0)]) else None
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
        taken, compute, memory, names = 0, 0, 0, set()
        for name, start in held:
            p = self.profile(name)
            mask = ((1 << p.memory_slots) - 1) << start
            if start not in p.starts or (self.rule == "placed" and taken & mask):
                return False
            taken |= mask
            compute += p.compute_slots
            memory += p.memory_slots
            names.add(name)
        if self.rule == "uniform" and len(names) > 1:
            return False
        return compute <= self.compute_slots and memory <= self.memory_slots
