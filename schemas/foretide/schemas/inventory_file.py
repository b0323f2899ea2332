"""Cards in a JSON file, as an inventory message tells of them: what simulated cards and what announces them share."""

from __future__ import annotations

from pathlib import Path

import msgspec

from foretide.schemas.errors import ForetideError
from foretide.schemas.messages import ResourceKind, ResourceReport
from foretide.schemas.messages.base import Part
from foretide.schemas.slices import ALL_GEOMETRIES


class InventoryFileError(ForetideError):
    """A file of cards that cannot be used; `str()` says where and why in one line."""


class Inventory(Part, frozen=True, kw_only=True):
    """The cards of one source, and the kinds that they are of."""

    resources: list[ResourceReport]
    kinds: list[ResourceKind] = msgspec.field(default_factory=list)


def read_inventory(path: Path) -> Inventory:
    """The cards in a file. Raises InventoryFileError."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Inventory)
    except (OSError, msgspec.MsgspecError) as e:
        raise InventoryFileError(f"{path}: {e}. Give a JSON object with resources and kinds.") from e
    for i, report in enumerate(found.resources):
        if report.geometry not in ALL_GEOMETRIES:
            known = ", ".join(sorted(ALL_GEOMETRIES))
            text = f"{path}: resources[{i}].geometry: {report.geometry} is no known geometry. Use one of {known}."
            raise InventoryFileError(text)
    return found


def write_inventory(path: Path, inventory: Inventory) -> None:
    """Write the cards to a file that `read_inventory` reads."""
    path.write_bytes(msgspec.json.encode(inventory))
