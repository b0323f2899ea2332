"""The comparison as a file and as text."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from foretide.deploy.policies.comparing import PolicyResult

FIGURES = ("cards", "short", "out_of_memory", "interrupted", "changes", "cost")


def write_policies(path: Path, results: Sequence[PolicyResult]) -> None:
    """policies.csv: a line for each policy, every figure with the ends of its interval."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        ends = [f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")]
        writer.writerow(["policy", "applications", *ends, "regret", "cost_unit"])
        for result in results:
            estimates = [getattr(result, name) for name in FIGURES]
            numbers = [f"{v:.6g}" for e in estimates for v in (e.value, e.low, e.high)]
            unit = "money" if result.money else "card-hours"
            writer.writerow([result.name, result.applications, *numbers, f"{result.regret:.6g}", unit])


def policies_text(path: Path) -> str:
    """A policies.csv for people."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    unit = "money" if rows and rows[0].get("cost_unit") == "money" else "cost"
    lines = [f"{'policy':16}{'cards':>20}{'short %':>22}{'oom %':>8}{'changes':>9}{unit:>7}{'regret %':>10}"]
    for row in rows:
        cards, low, high = (float(row[f"cards{end}"]) for end in ("", "_low", "_high"))
        short, short_low, short_high = (100 * float(row[f"short{end}"]) for end in ("", "_low", "_high"))
        lines.append(
            f"{row['policy']:16}{cards:7.3f} [{low:.3f}-{high:.3f}]{short:8.3f} [{short_low:5.3f}-{short_high:5.3f}]"
            f"{100 * float(row['out_of_memory']):9.3f}{float(row['changes']):9.2f}{float(row['cost']):7.2f}"
            f"{100 * float(row['regret']):10.1f}"
        )
    return "\n".join(lines)
