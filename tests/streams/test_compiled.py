"""Compiled functions are kept on disk, apart by what they were made from, and only where that is safe."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from foretide.streams import compiled as module
from foretide.streams.compiled import SOURCES, compiled


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package copied to where it may be changed; folders are looked for anew."""
    package = Path(module.__file__).parent
    copy = tmp_path / "streams"
    copy.mkdir()
    for name in SOURCES:
        if (package / name).is_dir():
            shutil.copytree(package / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(package / name, copy / name)
    monkeypatch.setattr(module, "__file__", str(copy / "compiled.py"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    module._folder.cache_clear()
    yield copy
    module._folder.cache_clear()


def test_sums_are_taken_in_the_order_in_which_they_are_written() -> None:
    @compiled
    def added(values: NDArray[np.float64]) -> float:
        total = 0.0
        for value in values:
            total += value
        return total

    values = np.random.default_rng(1).normal(size=999) * 10.0 ** np.random.default_rng(2).integers(-9, 9, 999)
    exact = 0.0
    for value in values.tolist():
        exact += value
    assert added(values) == exact


def test_what_was_compiled_lies_beside_the_source(here: Path) -> None:
    folder = module._folder()
    assert folder is not None
    assert folder.parent == here / "__pycache__"
    assert not folder.stat().st_mode & 0o077


@pytest.mark.parametrize("name", ["forecasting/record.py", "fleet/features.py", "compiled.py"])
def test_a_changed_source_has_a_folder_of_its_own(here: Path, name: str) -> None:
    before = module._folder()
    with (here / name).open("a") as file:
        file.write("# changed\n")
    module._folder.cache_clear()
    assert module._folder() != before


def test_the_users_own_files_where_the_source_cannot_be_written(here: Path, tmp_path: Path) -> None:
    (here / "__pycache__").write_text("a file, so no folder can be made here")
    folder = module._folder()
    assert folder is not None
    assert folder.parent == tmp_path / "home" / ".cache" / "foretide"


def test_what_others_can_write_is_not_used(here: Path, tmp_path: Path) -> None:
    folder = module._folder()
    assert folder is not None
    folder.chmod(0o777)
    module._folder.cache_clear()
    again: Any = module._folder()
    assert again.parent == tmp_path / "home" / ".cache" / "foretide"


def test_nothing_is_kept_where_nothing_can_be_written(here: Path, tmp_path: Path) -> None:
    (here / "__pycache__").write_text("")
    (tmp_path / "home").write_text("")
    assert module._folder() is None

    @compiled
    def twice(value: float) -> float:
        return 2.0 * value

    assert twice(1.5) == 3.0
