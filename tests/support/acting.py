"""Commands, clocks and pools for tests of the actuator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foretide.actuators.carrying import EngineSettings, Means
from foretide.actuators.drivers.simulated import Faults, SimulatedDriver, SimulatedPool
from foretide.actuators.engine import Engine
from foretide.actuators.ledger import Ledger
from foretide.schemas.messages import Command, Placement

CARDS = ("h/card-00", "h/card-01")
NOW_MS = 1_800_000_000_000


def at(slice_name: str, start: int = 0, card: int = 0) -> Placement:
    """A placement on one of CARDS."""
    return Placement(resource=CARDS[card], slice=slice_name, start=start)


def command(
    number: int,
    app: str = "a",
    expected: Placement | None = None,
    desired: Placement | None = None,
    *,
    epoch: int = 1,
    pool: str = "p",
    deadline_ms: int = NOW_MS + 120_000,
) -> Command:
    """A command as a planner sends it; its action follows from the two placements."""
    if expected is None:
        action = "allocate"
    elif desired is None:
        action = "release"
    else:
        action = "resize" if expected.resource == desired.resource else "migrate"
    return Command(
        id=f"pool-events.v1/0/{number}/0",
        pool=pool,
        app=app,
        action=action,  # type: ignore[arg-type]
        expected=expected,
        desired=desired,
        issued_ms=NOW_MS,
        deadline_ms=deadline_ms,
        epoch=epoch,
    )


@dataclass
class Clock:
    """A wall clock that only sleeping moves."""

    now: int = NOW_MS
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.slept.append(seconds)
        self.now += int(seconds * 1000)


@dataclass
class Bench:
    """An engine with its files in one folder; `restart` is a new process on the same files."""

    folder: Path
    faults: Faults = field(default_factory=Faults)
    apply: bool = True
    cards: Sequence[str] = CARDS
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Open the files."""
        self.pool = SimulatedPool(self.folder / "pool.sqlite", self.cards)
        self.driver = SimulatedDriver(self.pool, self.faults, self.clock.sleep)
        self.ledger = Ledger(self.folder / "ledger.sqlite")
        self.engine = Engine(
            Means(self.driver, self.ledger, EngineSettings(apply=self.apply), self.clock, self.clock.sleep)
        )

    def close(self) -> None:
        """Close the files."""
        self.ledger.close()
        self.pool.close()

    def restart(self) -> None:
        """Close and open."""
        self.close()
        self.open()
