"""Asking NVML: an answer or None, never a guess."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from typing import TypeVar

from foretide.exporters.nvml.library import NOT_SUPPORTED, Nvml, code_of

log = logging.getLogger(__name__)

T = TypeVar("T")


class Asker:
    """Calls NVML for one reading at a time. What is unsupported, or fails, is None; each is logged once."""

    def __init__(self, nvml: Nvml) -> None:
        self._nvml = nvml
        self._said: set[tuple[str, str, int | None]] = set()
        self.failures = 0
        """Readings that failed although they are supported."""

    def ask(self, device: str, what: str, call: Callable[[], T]) -> T | None:
        """What `call` returns; None if NVML raises. `device` and `what` are for the log."""
        return self.ask_code(device, what, call)[0]

    def ask_code(
        self, device: str, what: str, call: Callable[[], T], expected: Container[int] = ()
    ) -> tuple[T | None, int | None]:
        """The same with NVML's error code, None if the call went well. `expected` codes are an answer: not logged."""
        try:
            return call(), None
        except self._nvml.NVMLError as e:
            code = code_of(e)
            if code in expected:
                return None, code
            if code != NOT_SUPPORTED:
                self.failures += 1
            if (device, what, code) not in self._said:
                self._said.add((device, what, code))
                if code == NOT_SUPPORTED:
                    log.info("%s does not tell its %s; it is sent as missing", device, what)
                else:
                    log.warning("%s: %s cannot be read (%s); it is sent as missing", device, what, e)
            return None, -1 if code is None else code
