"""Commands for an actuator with a simulated pool: one application a card, resized again and again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from foretide.deploy.demo.supervisor import foretide_command
from foretide.schemas.codec import encode
from foretide.schemas.messages import Command, Placement
from measuring.fleet import Keyed, partition_of
from measuring.scene import Scene
from measuring.worker import MeasuredProcess

POOL = "simulated"
_SLICES = ("1g.10gb", "2g.20gb", "3g.40gb", "2g.20gb")
_VALID_MS = 3_600_000


def commands(cards: int, rounds: int) -> Iterator[Keyed]:
    """An allocation on every card, then resizes up and down, each expecting what the one before left."""
    key, now = POOL.encode(), time.time_ns() // 1_000_000
    held: dict[int, Placement | None] = dict.fromkeys(range(cards))
    for number in range(rounds):
        for card in range(cards):
            desired = Placement(resource=f"benchmark/card-{card:02d}", slice=_SLICES[number % len(_SLICES)], start=0)
            command = Command(
                id=f"pool-events.v1/0/{number * cards + card}/0",
                pool=POOL,
                app=f"app-{card:05d}",
                action="allocate" if held[card] is None else "resize",
                expected=held[card],
                desired=desired,
                issued_ms=now,
                deadline_ms=now + _VALID_MS,
                epoch=1,
            )
            held[card] = desired
            yield Keyed(key, encode(command), partition_of(key))


def actuator(scene: Scene, cards: int) -> MeasuredProcess:
    """`foretide-actuator run` on a simulated pool whose changes take no time, so that the shell's own is measured."""
    folder = scene.folder
    port_file = folder / "actuator.port"
    command = foretide_command(
        "foretide-actuator", "run", "--pool", POOL, "--apply", "--driver", "simulated", "--cards", str(cards),
        "--prefix", "benchmark", "--latency-ms", "0:0", "--state", str(_fresh(folder / "pool.sqlite")),
        "--ledger", str(_fresh(folder / "ledger.sqlite")), "--port-file", str(port_file), "--log-level", "warning",
    )  # fmt: skip
    return MeasuredProcess("actuator", command, port_file, scene.kafka, folder)


def _fresh(path: Path) -> Path:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    return path
