"""A process may die between any two steps: each command still gets one outcome, and the cards agree with it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.actuators.drivers.simulated import Faults
from foretide.schemas.messages import Command, OutcomeEvent, Placement
from foretide.schemas.slices import MIG_80GB
from support.acting import Bench, at, command

pytestmark = pytest.mark.timeout(110)


class Died(BaseException):
    """The process ended here."""


class Fuse:
    """Lets so many steps pass, then ends the process, before or after the step."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.after = False

    def wrap(self, owner: Any, name: str) -> None:
        step: Callable[..., Any] = getattr(owner, name)

        def stepped(*args: Any) -> Any:
            if self.left is not None:
                self.left -= 1
                if self.left < 0 and not self.after:
                    raise Died
            answer = step(*args)
            if self.left is not None and self.left < 0:
                raise Died
            return answer

        setattr(owner, name, stepped)


def planned(choices: list[tuple[int, int, int]], placements: list[Placement]) -> list[Command]:
    """Commands of three applications, each expecting what the one before it wanted."""
    held: dict[str, Placement | None] = {}
    commands = []
    for n, (app, choice, _) in enumerate(choices):
        name = f"app{app}"
        target = None if choice >= len(placements) else placements[choice]
        commands.append(command(n, name, held.get(name), target))
        held[name] = target
    return commands


PLACES = [at("1g.10gb", 6), at("2g.20gb", 0), at("3g.40gb", 4), at("3g.40gb", 0, 1), at("7g.80gb", 0, 1)]


@settings(max_examples=120, deadline=None)
@given(
    choices=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 14)), min_size=1, max_size=8),
    after=st.booleans(),
    failure_rate=st.sampled_from([0.0, 0.5]),
)
def test_killed_anywhere(choices: list[tuple[int, int, int]], after: bool, failure_rate: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), choices, after, failure_rate)


def run(folder: Path, choices: list[tuple[int, int, int]], after: bool, failure_rate: float) -> None:
    bench, fuse = Bench(folder, Faults(failure_rate=failure_rate)), Fuse()
    topic: list[OutcomeEvent] = []

    def arm() -> None:
        for owner, names in ((bench.ledger, ("begin", "finish")), (bench.pool, ("create", "destroy"))):
            for name in names:
                fuse.wrap(owner, name)

    arm()
    fuse.after = after
    for wanted, (_, _, steps) in zip(planned(choices, PLACES), choices, strict=True):
        fuse.left = steps if steps < 10 else None
        for _ in range(3):
            try:
                settled = asyncio.run(bench.engine.carry_out(wanted))
                topic.append(settled.outcome)
                break
            except Died:
                fuse.left = None
                bench.restart()
                arm()
        # The offset was not committed: the record comes again.
        topic.append(asyncio.run(bench.engine.carry_out(wanted)).outcome)
        assert topic[-1] == topic[-2]

    outcomes = {o.id: o for o in topic}
    assert len(outcomes) == len(choices)
    believed: dict[str, Placement | None] = {}
    for outcome in outcomes.values():
        believed[outcome.app] = outcome.placement
    assert {app: (p,) for app, p in believed.items() if p is not None} == dict(bench.pool.all_held())
    for card in ("h/card-00", "h/card-01"):
        on = [(p.slice, p.start) for places in bench.pool.all_held().values() for p in places if p.resource == card]
        assert MIG_80GB.valid(on)
    bench.close()
