"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foretide.schemas.errors import SettingsError
from foretide.schemas.service.files import write_whole


def test_it_replaces_what_was_there_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "new" / "port"
    write_whole(path, b"1\n", "port-file")
    write_whole(path, b"22\n", "port-file")
    assert path.read_bytes() == b"22\n"
    assert [p.name for p in path.parent.iterdir()] == ["port"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_failure_keeps_the_old_file_and_names_the_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report"
    write_whole(path, b"old", "report")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(SettingsError, match=r"report: .* cannot be written \(No space left on device\)"):
        write_whole(path, b"new", "report")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="report"):
        write_whole(tmp_path / "file" / "report.json", b"", "report")
