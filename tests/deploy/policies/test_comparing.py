"""Policies side by side, from the command line to the page."""

from __future__ import annotations

import csv
from pathlib import Path

from foretide.deploy.policies.bootstrap import Estimate, ratio
from foretide.deploy.policies.comparing import PolicyResult
from foretide.deploy.policies.page import frontier, section
from foretide.deploy.policies.setting import Setting
from support.program import run_program
from support.tracefile import write_trace


def result(name: str, cards: float, short: float) -> PolicyResult:
    def same(value: float) -> Estimate:
        return Estimate(value, value, value)

    zero = same(0.0)
    return PolicyResult(name, 3, same(cards), same(short), zero, zero, zero, same(cards * 24), 0.0)


def test_a_ratio_is_of_sums_and_its_interval_is_the_same_every_time() -> None:
    found = ratio([1.0, 2.0, 6.0], [10.0, 10.0, 10.0])
    assert found.value == 0.3
    assert 0.1 <= found.low < 0.3 < found.high <= 0.6
    assert found == ratio([1.0, 2.0, 6.0], [10.0, 10.0, 10.0])
    assert ratio([1.0, 1.0], [4.0, 4.0]) == Estimate(0.25, 0.25, 0.25)


def test_the_frontier_leaves_out_what_another_beats_in_both() -> None:
    results = [result("a", 0.5, 0.02), result("b", 0.7, 0.03), result("c", 0.8, 0.01), result("d", 1.0, 0.0)]
    assert [r.name for r in frontier(results)] == ["a", "c", "d"]


def test_the_part_of_the_report_names_every_policy() -> None:
    html = section([result("foretide", 0.5, 0.02), result("whole-card", 1.0, 0.0)], Setting())
    assert html.count("<svg") == 1
    assert all(name in html for name in ("foretide", "whole-card", "oracle"))


def test_the_command_compares_policies_and_writes_them(tmp_path: Path) -> None:
    trace = write_trace(tmp_path / "pods.csv.gz")
    done = run_program(
        "foretide", "backtest", "--trace", str(trace), "--out", str(tmp_path / "out"), "--jobs", "1", "--no-report",
        "--policy", "foretide", "--policy", "rolling-maximum", "--policy", "whole-card", "--actuation-delay", "30",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "policies.csv").open() as file:
        rows = {row["policy"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["foretide", "whole-card", "rolling-maximum"]
    assert float(rows["whole-card"]["cards"]) == 1.0
    assert float(rows["foretide"]["cards_low"]) <= float(rows["foretide"]["cards"]) <= 1.0
    assert "rolling-maximum" in done.stdout
