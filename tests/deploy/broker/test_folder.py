"""A data folder belongs to one broker at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foretide.deploy.broker import BrokerStartError
from foretide.deploy.broker.folder import FolderLock


def test_the_second_one_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    first, second = FolderLock(folder), FolderLock(folder)
    first.take()
    with pytest.raises(BrokerStartError, match=rf"data is used by another broker \(process {os.getpid()}\); stop"):
        second.take()
    first.give_back()
    first.give_back()
    second.take()
    with pytest.raises(BrokerStartError):
        first.take()
    second.give_back()


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BrokerStartError, match=r"file/data cannot be written \(Not a directory\); give another folder"):
        FolderLock(tmp_path / "file" / "data").take()
