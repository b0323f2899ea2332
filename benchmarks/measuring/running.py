"""Runs a benchmark to its end, or to a signal; either way nothing that it started is left behind."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

from foretide.schemas.errors import ForetideError

T = TypeVar("T")


def run(measuring: Coroutine[Any, Any, T]) -> T:
    """What the benchmark gives; ends the process with one line for a ForetideError, with 143 after SIGTERM."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return asyncio.run(measuring)
    except ForetideError as error:
        raise SystemExit(f"Error: {error}") from error


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def _terminated(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)
