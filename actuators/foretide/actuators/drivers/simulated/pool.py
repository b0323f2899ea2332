"""The simulated cards and the instances on them, kept in a SQLite file that outlives the process."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from foretide.actuators.drivers.base import Held
from foretide.actuators.errors import Permanent, PoolStateError
from foretide.schemas.messages import Placement, Provision, ResourceReport
from foretide.schemas.slices import ALL_GEOMETRIES, MIG_80GB, Geometry

PROVISIONED: Final = "provisioned"
"""The host of cards that came by a command, and the first part of their names."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS cards (
    resource TEXT PRIMARY KEY, command_id TEXT NOT NULL, geometry TEXT NOT NULL, price REAL
) STRICT;
CREATE TABLE IF NOT EXISTS slices (
    app TEXT NOT NULL, resource TEXT NOT NULL, slice TEXT NOT NULL, start INTEGER NOT NULL,
    PRIMARY KEY (app, resource, slice, start)
) STRICT
"""

_EARLIER: Final = "SELECT 1 FROM sqlite_master WHERE name = 'instances'"
_UPGRADE: Final = """
BEGIN IMMEDIATE;
INSERT INTO slices SELECT app, resource, slice, start FROM instances;
DROP TABLE instances;
COMMIT;
"""
"""Files of earlier versions held one instance for each start of a card: shares of a card all start at 0."""


class SimulatedPool:
    """Cards that can be cut into slices. Every write is one transaction, on disk when it returns."""

    def __init__(self, path: Path, cards: Sequence[str], geometries: Mapping[str, Geometry] | None = None) -> None:
        """Open or create the file. PoolStateError if it is none of ours, or holds instances on cards not in
        `cards`. A card that `geometries` does not name has 80 GB and can be cut into MIG slices."""
        self._path = path
        self._cards = frozenset(cards)
        self._geometries = dict(geometries or {})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
            if self._db.execute(_EARLIER).fetchone() is not None:
                self._db.executescript(_UPGRADE)
            homeless = [r for (r,) in self._db.execute("SELECT DISTINCT resource FROM slices ORDER BY resource")]
        except (sqlite3.Error, OSError) as e:
            raise PoolStateError(f"state: {path} cannot be used ({e}). Give another file, or remove it.") from e
        homeless = [r for r in homeless if not self._has(r)]
        if homeless:
            self._db.close()
            raise PoolStateError(
                f"state: {path} holds instances on {homeless[0]}, which is not among the {len(cards)} cards. "
                "Give as many --cards, and the --prefix, with which it was made."
            )

    def held(self, app: str) -> Held:
        """What the application holds."""
        rows = self._db.execute("SELECT resource, slice, start FROM slices WHERE app = ? ORDER BY 1, 3", (app,))
        return tuple(Placement(resource=r, slice=s, start=n) for r, s, n in rows)

    def all_held(self) -> Mapping[str, Held]:
        """What every application holds, by name."""
        found: dict[str, list[Placement]] = {}
        for app, r, s, n in self._db.execute("SELECT app, resource, slice, start FROM slices ORDER BY 1, 2, 4"):
            found.setdefault(app, []).append(Placement(resource=r, slice=s, start=n))
        return {app: tuple(places) for app, places in found.items()}

    def why_not(self, app: str, placement: Placement, freed: Placement | None = None) -> str | None:
        """Why the application cannot be given `placement` once `freed` is gone; None if it can."""
        if not self._has(placement.resource):
            return f"there is no card {placement.resource}"
        geometry = self._geometry(placement.resource)
        names = [p.name for p in geometry.profiles]
        if placement.slice not in names:
            return f"{placement.resource} has no slice {placement.slice}; it has {', '.join(names)}"
        if placement.start not in geometry.profile(placement.slice).starts:
            return f"no {placement.slice} can start at memory slot {placement.start}"
        rows = self._db.execute("SELECT app, slice, start FROM slices WHERE resource = ?", (placement.resource,))
        gone = None if freed is None or freed.resource != placement.resource else (app, freed.slice, freed.start)
        others = [(s, n) for who, s, n in rows if (who, s, n) != gone]
        if not geometry.valid([*others, (placement.slice, placement.start)]):
            return f"{placement.resource} has no room for a {placement.slice} at memory slot {placement.start}"
        return None

    def create(self, app: str, placement: Placement) -> None:
        """Make an instance; Permanent if the card's geometry, or what is on it, does not allow it."""
        if why := self.why_not(app, placement):
            raise Permanent(why)
        self._db.execute(
            "INSERT INTO slices (app, resource, slice, start) VALUES (?, ?, ?, ?)",
            (app, placement.resource, placement.slice, placement.start),
        )

    def destroy(self, app: str, placement: Placement) -> None:
        """Remove an instance; Permanent if the application does not hold it."""
        gone = self._db.execute(
            "DELETE FROM slices WHERE app = ? AND resource = ? AND slice = ? AND start = ?",
            (app, placement.resource, placement.slice, placement.start),
        )
        if gone.rowcount != 1:
            raise Permanent(f"{app} does not hold {placement.slice} on {placement.resource}")

    def added(self) -> tuple[ResourceReport, ...]:
        """The cards that came by a command, by name."""
        rows = self._db.execute("SELECT resource, geometry, price FROM cards ORDER BY 1")
        return tuple(
            ResourceReport(resource=r, geometry=g, host=PROVISIONED, price_per_hour=price, provisioned=True)
            for r, g, price in rows
        )

    def why_not_size(self, command_id: str, wish: Provision) -> str | None:
        """Why the pool cannot be made larger or smaller like this; None if it can, or was already."""
        if not wish.resources:
            to_be_had = {MIG_80GB.name, *(g.name for g in self._geometries.values())}
            return None if wish.geometry in to_be_had else f"there are no cards of kind {wish.geometry} to be had"
        ours = {r for (r,) in self._db.execute("SELECT resource FROM cards")}
        held = {r for (r,) in self._db.execute("SELECT DISTINCT resource FROM slices")}
        for resource in wish.resources:
            if resource in self._cards:
                return f"{resource} did not come by a command, so none takes it away"
            if resource in ours and resource in held:
                return f"{resource} is in use"
        return None

    def change_size(self, command_id: str, wish: Provision) -> None:
        """Add the cards, or take them away, all at once; a second time for the same command changes nothing."""
        if why := self.why_not_size(command_id, wish):
            raise Permanent(why)
        name = f"{PROVISIONED}/{blake2b(command_id.encode(), digest_size=6).hexdigest()}"
        rows = [] if wish.resources else [
            (f"{name}-{n:02d}", command_id, wish.geometry, wish.price_per_hour) for n in range(wish.count)
        ]  # fmt: skip
        self._db.execute("BEGIN IMMEDIATE")
        insert = "INSERT OR IGNORE INTO cards (resource, command_id, geometry, price) VALUES (?, ?, ?, ?)"
        self._db.executemany(insert, rows)
        self._db.executemany("DELETE FROM cards WHERE resource = ?", [(r,) for r in wish.resources])
        self._db.execute("COMMIT")

    def _geometry(self, resource: str) -> Geometry:
        if resource in self._cards:
            return self._geometries.get(resource, MIG_80GB)
        found = self._db.execute("SELECT geometry FROM cards WHERE resource = ?", (resource,)).fetchone()
        return ALL_GEOMETRIES[found[0]] if found is not None else MIG_80GB

    def _has(self, resource: str) -> bool:
        known = "SELECT 1 FROM cards WHERE resource = ?"
        return resource in self._cards or self._db.execute(known, (resource,)).fetchone() is not None

    def close(self) -> None:
        """Close the file."""
        self._db.close()
