"""benchmarks/forecasts.py scores recorded sets, and says plainly which are not there."""

from __future__ import annotations

import gzip
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "forecasts.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=110, check=False
    )


def write_set(folder: Path) -> None:
    """Two tasks: a wave, which can be forecast, and one that never moves."""
    draw = random.Random(1)
    rows = ["ts,app_id,cpu_avg,cpu_max"]
    for n in range(640):
        rows.append(f"{300 * n},wave,0.1,{0.5 + 0.3 * math.sin(n / 8) + draw.gauss(0, 0.02):.5f}")
        rows.append(f"{300 * n},still,0.1,0.25")
    (folder / "google2019_tasks.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))


def test_a_set_is_scored_beside_the_leader_and_a_missing_one_skipped(tmp_path: Path) -> None:
    write_set(tmp_path)
    given = ("--traces", str(tmp_path), "--sets", "google2019_tasks,nab_aws", "--horizons", "5,1", "--jobs", "1")
    done = run(*given, "--json", "--series")
    assert done.returncode == 0, done.stderr
    assert f"nab_aws                skipped: there is no {tmp_path}/nab_aws.csv.gz" in done.stdout
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["skipped"] == ["nab_aws"]
    rows = {(r["set"], r["steps"]): r for r in found["rows"]}
    assert {("google2019_tasks", 5), ("google2019_tasks", 1), ("all", 5), ("all", 1)} <= set(rows)
    row = rows["google2019_tasks", 5]
    assert row["series"] == 1, "on the one that never moves last value never errs"
    assert row["error"] < 0.8
    assert 0 < row["leader_error"] < 0.5, "an autoregression knows a wave"
    assert row["worse_share"] == 0
    assert 0.6 < row["coverage90"] <= 1
    assert [(s["app"], s["signal"]) for s in found["series"]] == [("wave", "cpu_max")] * 2


def test_without_any_trace_or_with_nonsense_it_says_so(tmp_path: Path) -> None:
    done = run("--traces", str(tmp_path), "--sets", "nab_aws")
    assert done.returncode != 0
    assert "no series could be scored" in done.stderr
    done = run("--traces", str(tmp_path), "--sets", "nonsense")
    assert done.returncode == 2
    assert "nonsense unknown; there are nab_aws" in done.stderr
