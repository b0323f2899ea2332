"""The three verbs of a driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from foretide.schemas.messages import Placement, Provision, ResourceReport

Held = tuple[Placement, ...]
"""What an application holds: nothing, one placement, or, in the middle of a migration, two."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one application, from `expected` to `desired` (None: nothing). `attempt` counts from 1."""

    command_id: str
    app: str
    expected: Placement | None
    desired: Placement | None
    attempt: int = 1


class Driver(Protocol):
    """Changes one kind of resource. Every verb may be called again after a crash at any point of an earlier call.

    Changes of different applications on different resources may run at once; the caller keeps those of one application
    or one resource apart.
    """

    @property
    def name(self) -> str:
        """As in --driver."""

    async def observe(self, app: str) -> Held:
        """What the application really holds now; Temporary if that cannot be found out."""

    async def observe_all(self) -> Mapping[str, Held]:
        """The same for every application that holds something."""

    async def check(self, change: Change) -> None:
        """Whether `apply` could work as things are, without touching anything; Permanent says why not."""

    async def apply(self, change: Change) -> None:
        """Make the change. Permanent or Temporary if it did not work; it may have gone half the way then."""

    async def revert(self, change: Change) -> None:
        """Make the application hold exactly `change.expected` again, from wherever `apply` got to."""

    async def close(self) -> None:
        """Let go of whatever is held open."""


@dataclass(frozen=True, slots=True)
class SizeChange:
    """Cards to add to a pool, or to take from it. `attempt` counts from 1."""

    command_id: str
    provision: Provision
    attempt: int = 1


@runtime_checkable
class Provisioner(Protocol):
    """What a driver offers beside the three verbs if it can change the pool's own size. Each may be called again for
    the same command after a crash, and then changes nothing more."""

    async def cards(self) -> tuple[ResourceReport, ...]:
        """Every card that came by a command and is there now."""

    async def check_size(self, change: SizeChange) -> None:
        """Whether `change_size` could work as things are; Permanent says why not."""

    async def change_size(self, change: SizeChange) -> None:
        """Add all the cards, or take all away; Permanent or Temporary if none was."""


def held_one(placement: Placement | None) -> Held:
    """A placement or None as a driver observes it."""
    return () if placement is None else (placement,)
