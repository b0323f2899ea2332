"""A data folder that one broker at a time uses."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from foretide.deploy.broker.errors import BrokerStartError


class FolderLock:
    """Holds a folder for this process; the kernel lets go of it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Make the folder and hold it. BrokerStartError if that is not possible, or another process holds it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = (self._folder / "lock").open("a+", encoding="utf-8")
        except OSError as e:
            raise BrokerStartError(
                f"the data folder {self._folder} cannot be written ({e.strerror}); give another folder"
            ) from e
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            file.seek(0)
            holder = file.read().strip()
            file.close()
            by = f" (process {holder})" if holder else ""
            raise BrokerStartError(
                f"the data folder {self._folder} is used by another broker{by}; stop that one or give another folder"
            ) from e
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def give_back(self) -> None:
        """Let others have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
