"""Cards in a file: what is written is read again, and what cannot be used is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretide.schemas.inventory_file import Inventory, InventoryFileError, read_inventory, write_inventory
from foretide.schemas.messages import ResourceKind, ResourceReport

L4 = ResourceKind(name="l4", resource_class="gpu", geometry="whole-24gb", price_per_hour=0.8, relative_compute=0.39)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = Inventory(resources=[ResourceReport(resource="c", geometry="whole-24gb", host="h", kind="l4")], kinds=[L4])
    write_inventory(tmp_path / "cards.json", made)
    assert read_inventory(tmp_path / "cards.json") == made


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Give a JSON object"),
        ('{"resources": [{"resource": "c"}]}', "geometry"),
        ('{"resources": [{"resource": "c", "host": "h", "geometry": "mig-9gb"}]}', r"resources\[0\].geometry: mig-9gb"),
        (None, "No such file"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "cards.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InventoryFileError, match=says):
        read_inventory(path)
