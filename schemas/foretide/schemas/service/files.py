"""Small files that other processes read: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from foretide.schemas.errors import SettingsError


def write_whole(path: Path, body: bytes, option: str) -> None:
    """Write `body` so that no reader, and no crash, ever finds half of it; missing folders are made.

    SettingsError names the `option` that gave the path, if it cannot be written.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as e:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise SettingsError(
            option, f"{path} cannot be written ({e.strerror})", "Give a path in a folder of yours."
        ) from e
