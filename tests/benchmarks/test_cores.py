"""What is measured has a core that nothing else runs on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"

SCRIPT = """
import json, os, subprocess, sys
from measuring.cores import apart

def started():
    found = subprocess.run([sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"],
                           capture_output=True, text=True, check=True)
    return json.loads(found.stdout)

before = sorted(os.sched_getaffinity(0))
cores = apart()
with cores.measured():
    measured = started()
print(json.dumps([before, measured, started(), sorted(os.sched_getaffinity(0))]))
"""


@pytest.mark.timeout(60)
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not tell processes their cores")
def test_a_measured_process_shares_its_core_with_none_of_the_others() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=BENCHMARKS, capture_output=True, text=True, check=True)
    before, measured, others, own = json.loads(done.stdout)
    assert others == own
    if len(before) == 1:
        assert measured == others == before
    else:
        assert len(measured) == 1
        assert sorted(measured + others) == before
