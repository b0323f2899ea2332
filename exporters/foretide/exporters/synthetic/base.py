"""What made-up applications have in common: a place to keep their state, and readings made from it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from random import Random
from typing import ClassVar, Final

from foretide.schemas.signals import CPU_CORES, GPU_MEMORY, RSS, SM_RATIO
from foretide.schemas.units import GIB, MIB

CARD_BYTES: Final = 80 * GIB
MOST_BYTES: Final = 0.97 * CARD_BYTES
CONTEXT_BYTES: Final = 450 * MIB
"""What a process holds on the device before it has loaded anything."""

_SMALLEST_SHARE: Final = 0.12
_LARGEST_SHARE: Final = 0.9
"""How much of a card an application was made for, evenly spread over the orders between: most recorded ones leave most
of a card idle even when they are busy."""

Values = dict[str, float | None]


class Application(ABC):
    """One application: `step` gives its readings at a time, `phase` and `user` what it was doing then and for whom."""

    label: ClassVar[str]
    about: ClassVar[str]
    """What it is and what it tells of itself, in a line."""

    def __init__(self, name: str, seed: str, day_seconds: float) -> None:
        self.name = name
        self.phase = "idle"
        self.user: str | None = None
        self.rng = Random(seed)
        self.share = _SMALLEST_SHARE * (_LARGEST_SHARE / _SMALLEST_SHARE) ** Random(f"{seed}/share").random()
        self.day_seconds = day_seconds
        self.phase_ends = 0.0
        self.memory = float(CONTEXT_BYTES)
        self.sm = 0.0

    @abstractmethod
    def step(self, at: float, seconds: float) -> Values:
        """The readings at `at`, `seconds` after the last call."""

    def enter(self, phase: str, at: float, shortest: float, longest: float) -> None:
        """Begin a phase that lasts between `shortest` and `longest` seconds."""
        self.phase = phase
        self.phase_ends = at + self.rng.uniform(shortest, longest)

    def approach(self, value: float, target: float, seconds: float, constant: float) -> float:
        """`value` drawn towards `target` with the time constant `constant`."""
        return value + (target - value) * (1.0 - math.exp(-seconds / constant))

    def readings(self, cores: float, rss: float, received: float, sent: float, read: float = 0.0) -> Values:
        """The standard signals, kept within what a card can give, with a little measuring noise on the rates."""
        noise = self.rng.gauss
        sm = self.share * min(1.0, max(0.0, self.sm + noise(0.0, 0.012) * (self.sm > 0.005)))
        wanted = CONTEXT_BYTES + self.share * (self.memory - CONTEXT_BYTES)
        memory = float(round(min(MOST_BYTES, max(CONTEXT_BYTES, wanted)) / MIB) * MIB)
        return {
            SM_RATIO: round(sm, 4),
            GPU_MEMORY: memory,
            "gpu.memory_bandwidth_ratio": round(min(1.0, max(0.0, 0.62 * sm + noise(0.0, 0.01) * (sm > 0.0))), 4),
            "gpu.power_watts": round(62.0 + 330.0 * sm + noise(0.0, 2.0), 1),
            CPU_CORES: round(max(0.0, cores * (1.0 + noise(0.0, 0.05))), 3),
            RSS: float(round(rss / MIB) * MIB),
            "disk.read_bytes_per_second": float(round(max(0.0, read * (1.0 + noise(0.0, 0.1))))),
            "network.receive_bytes_per_second": float(round(max(0.0, received * (1.0 + noise(0.0, 0.05))))),
            "network.transmit_bytes_per_second": float(round(max(0.0, sent * (1.0 + noise(0.0, 0.05))))),
        }
