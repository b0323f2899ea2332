"""Applications that tell, or keep to themselves, what moves them: made to show what knowing it is worth.

Their demand is of one kind, flat between changes that nothing in the past of their use gives away.
"""

from __future__ import annotations

from random import Random
from typing import ClassVar

from foretide.exporters.synthetic.base import CONTEXT_BYTES, Application, Values
from foretide.exporters.synthetic.demand import Demand
from foretide.schemas.units import GIB


class Leading(Application):
    """A service behind a queue: a request is served `lead_seconds` after it came, and its arrival is published."""

    label = "lead"
    about = "behind a queue: app.requests_per_second drives its card --lead-seconds later; app.queue_length waits"
    _waits: ClassVar[bool] = True

    def __init__(self, name: str, seed: str, day_seconds: float, lead_seconds: float = 60.0) -> None:
        super().__init__(name, seed, day_seconds)
        self.phase = "serve"
        self.lead = lead_seconds if self._waits else 0.0
        self.demand = Demand(seed, typical=240.0, reach=self.lead)
        self.full_sm = self.rng.uniform(0.6, 0.95)
        self.most_rate = self.rng.uniform(20.0, 80.0)
        self.model_bytes = self.rng.uniform(4.0, 12.0) * GIB
        self.work_bytes = self.rng.uniform(16.0, 40.0) * GIB
        self.noise = Random(f"{seed}/published")
        self.queue = 0.0

    def step(self, at: float, seconds: float) -> Values:
        arriving, served = self.demand.level(at), self.demand.level(at - self.lead)
        self.queue = self.most_rate * self.demand.between(at - self.lead, at)
        self.sm = self.full_sm * served
        self.memory = self.model_bytes + self.work_bytes * served
        rate = served * self.most_rate
        values = self.readings(
            cores=0.3 + 4.0 * served, rss=3.0 * GIB + served * GIB, received=rate * 6e3, sent=rate * 9e4
        )
        values.update(self._published(arriving))
        return values

    def _published(self, arriving: float) -> Values:
        rate = arriving * self.most_rate * max(0.0, 1.0 + self.noise.gauss(0.0, 0.03))
        return {"app.requests_per_second": round(rate, 3), "app.queue_length": float(round(self.queue))}


class Prompt(Leading):
    """The same without a queue: what it publishes and what the card does change together."""

    label = "prompt"
    about = "the same demand served at once: app.requests_per_second and the card move together"
    _waits = False

    def _published(self, arriving: float) -> Values:
        return {"app.requests_per_second": super()._published(arriving)["app.requests_per_second"]}


class Silent(Leading):
    """The same, and nothing is published."""

    label = "quiet"
    about = "the same again; nothing under app.*"
    _waits = False

    def _published(self, arriving: float) -> Values:
        return {}


class Phased(Application):
    """A service that says what it is doing: it loads, warms up, serves and idles, each at a level of its own."""

    label = "phase"
    about = "phases load, warm-up, serve, idle in turn, each at a level of its own; nothing under app.*"

    _USE: ClassVar[dict[str, tuple[float, float]]] = {
        "load": (0.05, 0.6),
        "warm-up": (0.95, 1.0),
        "serve": (0.45, 0.8),
        "idle": (0.0, 0.0),
    }
    """Share of the application's compute and memory at work in a phase."""
    _LENGTHS: ClassVar[dict[str, tuple[str, float, float]]] = {
        "load": ("warm-up", 60.0, 120.0),
        "warm-up": ("serve", 90.0, 180.0),
        "serve": ("idle", 300.0, 900.0),
        "idle": ("load", 120.0, 600.0),
    }
    """What follows a phase, and how long the phase lasts, in seconds."""

    def __init__(self, name: str, seed: str, day_seconds: float) -> None:
        super().__init__(name, seed, day_seconds)
        self.work_bytes = self.rng.uniform(20.0, 60.0) * GIB
        self.lengths = Random(f"{seed}/lengths")
        self.phase_ends = self.lengths.uniform(0.0, 300.0)

    def step(self, at: float, seconds: float) -> Values:
        while at >= self.phase_ends:
            self.phase = self._LENGTHS[self.phase][0]
            _, shortest, longest = self._LENGTHS[self.phase]
            self.phase_ends += self.lengths.uniform(shortest, longest)
        self.sm, loaded = self._USE[self.phase]
        self.memory = CONTEXT_BYTES + loaded * self.work_bytes
        busy = self.phase != "idle"
        return self.readings(
            cores=0.1 + 4.0 * self.sm,
            rss=(5.0 if busy else 1.0) * GIB,
            received=1e6 * self.sm,
            sent=4e6 * self.sm,
            read=9e8 if self.phase == "load" else 0.0,
        )


class Personal(Application):
    """One user at a time, and each of them keeps to the same level of use whenever it is their turn."""

    label = "user"
    about = "three users take turns, each named, each at a level of its own; nothing under app.*"

    def __init__(self, name: str, seed: str, day_seconds: float) -> None:
        super().__init__(name, seed, day_seconds)
        self.phase = "serve"
        self.turns = Random(f"{seed}/turns")
        self.users = [f"{name}/user-{letter}" for letter in "abc"]
        self.levels = self.rng.sample([0.15, 0.5, 0.9], 3)
        self.work_bytes = self.rng.uniform(20.0, 60.0) * GIB
        self.turn = 0
        self.user = self.users[self.turn]
        self.turn_ends = self.turns.uniform(60.0, 420.0)

    def step(self, at: float, seconds: float) -> Values:
        while at >= self.turn_ends:
            self.turn = self.turns.choice([turn for turn in range(3) if turn != self.turn])
            self.user = self.users[self.turn]
            self.turn_ends += self.turns.uniform(120.0, 420.0)
        self.sm = self.levels[self.turn]
        self.memory = CONTEXT_BYTES + self.work_bytes * (0.2 + 0.8 * self.sm)
        return self.readings(
            cores=0.2 + 3.0 * self.sm, rss=(2.0 + 2.0 * self.sm) * GIB, received=1e6 * self.sm, sent=9e6 * self.sm
        )
