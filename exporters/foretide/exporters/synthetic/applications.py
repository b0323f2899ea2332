"""The usual kinds of made-up applications: small state machines over the phases idle, load, train, evaluate and serve.

All dynamics are in seconds of event time, so a longer step samples the same behaviour more coarsely.
"""

from __future__ import annotations

import math

from foretide.exporters.synthetic.base import CONTEXT_BYTES, MOST_BYTES, Application, Values
from foretide.exporters.synthetic.load import Load
from foretide.schemas.units import GIB


class Serving(Application):
    """An inference service. Its load signals lead its use of the card by `lag` seconds; it sleeps when few call."""

    label = "serve"
    about = "a service with a daily rhythm and bursts: app.requests_per_second leads its card by 20 to 60 s"

    def __init__(self, name: str, seed: str, day_seconds: float) -> None:
        super().__init__(name, seed, day_seconds)
        rng = self.rng
        self.model_bytes = rng.uniform(6.0, 30.0) * GIB
        self.cache_bytes = rng.uniform(4.0, 24.0) * GIB
        self.peak_users = rng.uniform(20.0, 200.0)
        self.rate_per_user = rng.uniform(0.1, 0.5)
        self.full_sm = rng.uniform(0.25, 0.85)
        self.lag = rng.uniform(20.0, 60.0)
        self.sleeps = rng.random() < 0.5
        self.load = Load(rng, self.peak_users, day_seconds, burst=2.0, burst_gap=1500.0)
        self.capacity = 1.15 * self.peak_users * self.rate_per_user
        self.pressure = 0.0
        self.queue = 0.0
        self.enter("load", 0.0, 20.0, 50.0)

    def step(self, at: float, seconds: float) -> Values:
        users = self.load.step(at, seconds)
        rate = users * self.rate_per_user * max(0.0, 1.0 + self.rng.gauss(0.0, 0.05))
        self._move(at, users)
        served = min(rate + self.queue / seconds, self.capacity) if self.phase == "serve" else 0.0
        self.queue = min(20.0 * self.capacity, max(0.0, self.queue + (rate - served) * seconds))
        self.pressure = self.approach(self.pressure, served / self.capacity, seconds, self.lag)
        self._use(at, seconds)
        values = self.readings(
            cores=0.3 + 3.0 * self.pressure + (4.0 if self.phase == "load" else 0.0),
            rss=3.0 * GIB + 2.0 * GIB * self.pressure,
            received=served * 6_000.0,
            sent=served * 90_000.0,
            read=8e8 if self.phase == "load" else 0.0,
        )
        values["app.requests_per_second"] = round(rate, 3)
        values["app.concurrent_users"] = float(round(users))
        values["app.queue_length"] = float(round(self.queue))
        return values

    def _move(self, at: float, users: float) -> None:
        quiet = 0.12 * self.peak_users
        if self.phase == "load" and at >= self.phase_ends:
            self.enter("serve", at, 900.0, 900.0)
        elif self.phase == "serve" and self.sleeps and users < quiet and at >= self.phase_ends:
            self.enter("idle", at, 300.0, 300.0)
        elif self.phase == "idle" and users > 1.25 * quiet and at >= self.phase_ends:
            self.enter("load", at, 20.0, 50.0)

    def _use(self, at: float, seconds: float) -> None:
        if self.phase == "load":
            self.memory = self.approach(self.memory, self.model_bytes, seconds, 10.0)
            self.sm = 0.02
        elif self.phase == "serve":
            target = self.model_bytes + self.cache_bytes * min(1.0, 1.2 * self.pressure)
            # A cache grows with its load and gives little back.
            self.memory = self.approach(self.memory, target, seconds, 15.0 if target > self.memory else 1800.0)
            self.sm = self.full_sm * min(1.0, self.pressure)
        else:
            self.memory, self.sm = float(CONTEXT_BYTES), 0.0


class Training(Application):
    """Runs of training: load, then training with an evaluation now and then, then a pause. Nobody calls it."""

    label = "train"
    about = "runs of training: phases load, train, evaluate, idle; nothing under app.*"

    def __init__(self, name: str, seed: str, day_seconds: float) -> None:
        super().__init__(name, seed, day_seconds)
        self.enter("idle", 0.0, 10.0, 240.0)
        self.batch_bytes = 0.0
        self.level = 0.0
        self.run_ends = 0.0

    def step(self, at: float, seconds: float) -> Values:
        if at >= self.phase_ends:
            self._next_phase(at)
        self._use(at, seconds)
        busy = self.phase in ("train", "evaluate")
        return self.readings(
            cores=0.05 + (6.0 if busy else 4.0 if self.phase == "load" else 0.0),
            rss=(14.0 if busy else 2.0) * GIB,
            received=2.5e7 if busy else 0.0,
            sent=1.0e6 if busy else 0.0,
            read=1.2e9 if self.phase == "load" else 1.5e8 if busy else 0.0,
        )

    def _next_phase(self, at: float) -> None:
        if self.phase == "idle":
            self.enter("load", at, 40.0, 120.0)
            self.batch_bytes = self.rng.uniform(8.0, 70.0) * GIB
            self.level = self.rng.uniform(0.55, 0.97)
            self.run_ends = at + self.rng.uniform(1800.0, 7200.0)
        elif self.phase == "train" and at >= self.run_ends:
            self.enter("idle", at, 600.0, 2400.0)
        elif self.phase == "train":
            self.enter("evaluate", at, 60.0, 240.0)
        else:
            self.enter("train", at, 600.0, 1200.0)

    def _use(self, at: float, seconds: float) -> None:
        if self.phase == "load":
            self.memory = self.approach(self.memory, 0.35 * self.batch_bytes, seconds, 30.0)
            self.sm = 0.03
        elif self.phase == "train":
            self.memory = self.approach(self.memory, self.batch_bytes, seconds, 20.0)
            # Every few minutes a checkpoint is written and the card waits.
            self.sm = self.level if (at % 300.0) > 12.0 else 0.08
        elif self.phase == "evaluate":
            self.memory = self.approach(self.memory, 0.8 * self.batch_bytes, seconds, 20.0)
            self.sm = 0.55 * self.level
        else:
            self.memory, self.sm = float(CONTEXT_BYTES), 0.0


class Batch(Application):
    """Idle for the most part, with bursts of work whose queue is seen before the card is."""

    label = "batch"
    about = "bursts of work: phases idle, load, serve; app.queue_length is seen before the card is"

    def __init__(self, name: str, seed: str, day_seconds: float) -> None:
        super().__init__(name, seed, day_seconds)
        self.job_bytes = self.rng.uniform(4.0, 18.0) * GIB
        self.level = self.rng.uniform(0.4, 0.9)
        self.queue = 0.0
        self.rate = self.rng.uniform(0.5, 2.0)
        self.next_jobs = self.rng.expovariate(1.0 / 300.0)

    def step(self, at: float, seconds: float) -> Values:
        arrived = 0.0
        while at >= self.next_jobs:
            arrived += float(self.rng.randint(20, 240))
            self.next_jobs += self.rng.expovariate(1.0 / 700.0)
        self.queue += arrived
        if self.phase == "idle" and self.queue > 0:
            self.enter("load", at, 10.0, 30.0)
        elif self.phase == "load" and at >= self.phase_ends:
            self.enter("serve", at, 0.0, 0.0)
        elif self.phase == "serve" and self.queue <= 0:
            self.enter("idle", at, 0.0, 0.0)
        working = self.phase == "serve"
        if working:
            self.queue = max(0.0, self.queue - self.rate * seconds)
        target = self.job_bytes if self.phase != "idle" else float(CONTEXT_BYTES)
        self.memory = self.approach(self.memory, target, seconds, 8.0)
        self.sm = self.level if working else 0.0
        values = self.readings(
            cores=2.5 if working else 0.1,
            rss=(4.0 if working else 1.0) * GIB,
            received=1e6 * working,
            sent=4e6 * working,
        )
        values["app.requests_per_second"] = round(arrived / seconds, 3)
        values["app.queue_length"] = float(math.ceil(self.queue))
        return values


class Leaky(Serving):
    """A service whose memory grows without need, until it fills its allowance and is started again."""

    label = "leak"
    about = "a service like serve whose memory grows until it is started again"

    def __init__(self, name: str, seed: str, day_seconds: float) -> None:
        super().__init__(name, seed, day_seconds)
        self.sleeps = False
        self.leak_per_second = self.rng.uniform(1.0, 6.0) * GIB / 3600.0
        self.allowance = min(MOST_BYTES, self.model_bytes + self.cache_bytes + self.rng.uniform(5.0, 20.0) * GIB)
        self.leaked = 0.0

    def _use(self, at: float, seconds: float) -> None:
        self.memory -= self.leaked
        super()._use(at, seconds)
        if self.phase == "serve":
            self.leaked += self.leak_per_second * seconds
        self.memory += self.leaked
        if self.memory >= self.allowance:
            self.leaked = 0.0
            self.memory = float(CONTEXT_BYTES)
            self.enter("load", at, 20.0, 50.0)
