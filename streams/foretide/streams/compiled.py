"""Functions over the rows of arrays, compiled for this machine: a row's arithmetic without numpy's calls and copies.

What is compiled is kept on disk, so that one process pays for it. It is kept apart by everything that it was made from:
the compiler itself looks at a function's own file only, and would not see that a constant of another one has changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])

SOURCES: Final = ("compiled.py", "forecasting", "fleet")
"""What compiled functions and their constants stand in, beside this file."""


def compiled(function: F) -> F:
    """`function` in machine code, made when it is first called with arguments of such types.

    It must keep to what numba can compile. Division by 0 gives what it gives in numpy. Sums are taken in the order in
    which they are written, and nothing is contracted: a row's result is the same to the last bit in whatever batch.
    """
    folder = _folder()
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder or "")
    try:
        made: F = numba.njit(function, cache=folder is not None, error_model="numpy")
    finally:
        config.CACHE_DIR = before
    return made


def is_kept() -> bool:
    """Whether anything compiled from these sources was kept for the next process."""
    folder = _folder()
    return folder is not None and any(folder.rglob("*.nbc"))


@lru_cache(maxsize=1)
def _folder() -> Path | None:
    """Where compiled functions are kept: beside the source, else with the user's own files. None if neither can be
    written; then every process compiles its own."""
    here = Path(__file__).parent
    name = f"compiled-{_digest(here)}"
    for above in (here / "__pycache__", Path("~/.cache/foretide").expanduser()):
        folder = above / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (OSError, RuntimeError):
            continue
        # Only what nobody else can write may be read back: it is run.
        if os.access(folder, os.W_OK) and not folder.stat().st_mode & 0o022:
            return folder
    return None


def _digest(here: Path) -> str:
    found = hashlib.blake2b(digest_size=8)
    for source in SOURCES:
        place = here / source
        for file in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            found.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()
