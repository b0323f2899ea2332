"""What the planner decided and why, and the commands that follow. Topics decisions.v1 and commands.v1, key pool."""

from __future__ import annotations

from typing import Literal

from foretide.schemas.messages.base import Message, Part, RecordRef
from foretide.schemas.messages.guards import Provision
from foretide.schemas.messages.placement import Placement
from foretide.schemas.messages.pool_events import Mode
from foretide.schemas.units import Epoch, EpochMs, Name, Seconds

Action = Literal["allocate", "resize", "migrate", "release", "hold", "provision", "decommission"]


class Alternative(Part, frozen=True, kw_only=True):
    """Another slice that was considered, and why it was not taken."""

    slice: Name
    verdict: str


class Decision(Message, frozen=True, kw_only=True):
    """One decision of a pool's planner.

    `action` hold means that a change was wanted and `guard` (the guard that bound) kept it back. `commanded` says
    whether a command with the same id follows. Nothing in it depends on who computed it or when: a replay of the
    pool log gives the same bytes.
    """

    id: Name
    pool: Name
    app: Name
    at_ms: EpochMs
    action: Action
    mode: Mode
    held: Placement | None
    wanted: Placement | None
    reason: str
    considered: list[Alternative]
    guard: str | None
    commanded: bool
    valid_for_seconds: Seconds
    based_on: list[RecordRef]
    provision: Provision | None = None
    """With provision and decommission: the cards. `app` is then PROVISIONING_APP, and nothing is held or wanted."""


class Command(Message, frozen=True, kw_only=True):
    """One change to make, once.

    `expected` is the precondition: the placement the application must hold when the command is applied (None: none).
    `desired` is the placement afterwards (None: none). `epoch` is the writer's: a lower one than seen before for the
    pool is stale. After `deadline_ms` (wall clock) the command is refused.
    """

    id: Name
    pool: Name
    app: Name
    action: Literal["allocate", "resize", "migrate", "release", "provision", "decommission"]
    expected: Placement | None
    desired: Placement | None
    issued_ms: EpochMs
    deadline_ms: EpochMs
    epoch: Epoch
    provision: Provision | None = None
    """With provision and decommission: the cards to add or to take away."""
