"""Memory that is freed and needed again stays the process's."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from foretide.streams.worker.allocator import keep_freed_memory

FAULTS = """
import resource, sys
import numpy as np
from foretide.streams.worker.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(200):
        several = [np.ones(130_000) for _ in range(3)]
        del several
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "kept":
    assert keep_freed_memory()
faults()
print(faults())
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, timeout=60, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc can be told")
def test_pages_are_not_cleared_anew_for_every_batch() -> None:
    assert faults("kept") * 10 < faults("given back")


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not keep_freed_memory()
