"""benchmarks/planner.py prints the figures that are promised, for random problems and for a recorded cluster."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "planner.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=110, check=False
    )


def test_the_figures_of_random_problems() -> None:
    done = run("--instances", "2", "--apps", "150", "--cards", "40", "--no-genetic", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["instances"] + told["unsolved"] == 2
    assert 0.0 <= told["gap_median"] <= told["gap_worst"] < 0.5
    assert told["genetic_gap_median"] is None
    assert told["replan_seconds"] > 0
    assert 0.0 < told["replan_cost_ratio"] <= 1.0


def test_pods_of_a_recorded_cluster_are_packed_beside_simple_rules(tmp_path: Path) -> None:
    nodes = "sn,cpu_milli,memory_mib,gpu,model\n" + "".join(f"n{i},64000,262144,2,T4\n" for i in range(6))
    pods = "job_id,cpu_milli,memory_mib,num_gpu,gpu_milli\nbig,4000,4096,2,1000\ncpu,4000,4096,0,0\n"
    pods += "".join(f"p{i},4000,4096,1,{m}\n" for i, m in enumerate((300, 300, 700, 700, 500, 500)))
    (tmp_path / "nodes_openb2023.csv.gz").write_bytes(gzip.compress(nodes.encode()))
    (tmp_path / "jobs_openb2023.csv.gz").write_bytes(gzip.compress(pods.encode()))
    done = run("--openb", "--traces", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["first-fit"]["cards"] == 4  # 300 and 300 share a card, so neither 700 finds its partner
    assert told["foretide"]["cards"] == told["foretide"]["bound"] == 3
    assert all(rule["unplaced"] == 0 for rule in told.values())


def test_a_folder_without_the_recording_is_named(tmp_path: Path) -> None:
    done = run("--openb", "--traces", str(tmp_path))
    assert done.returncode != 0
    assert "holds no jobs_openb2023.csv.gz" in done.stderr
