"""The command line: help, and errors of one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from foretide.exporters.cli import main
from foretide.exporters.synthetic import KINDS

COMMANDS = ["replay", "synthetic", "nvml", "check"]


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)])
def test_help(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    if command:
        assert "--bootstrap" in result.output
    else:
        assert all(c in result.output for c in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay", "--trace", "absent.csv"], "Error: absent.csv: cannot be read"),
        (["replay", "--trace", "t.csv", "--map", "nonsense"], "Error: --map nonsense: it is not SIGNAL=COLUMN"),
        (["synthetic", "--apps", "0"], "Error: apps: 0 is out of range"),
        (["synthetic", "--kind", "lead", "--lead-seconds", "0"], "Error: lead-seconds: 0 is out of range"),
        (["replay", "--trace", "t.csv", "--beside", "absent.csv"], "Error: absent.csv: cannot be read"),
        (["replay", "--trace", "t.csv", "--beside", "t.csv"], "Error: t.csv: a has app.x already, from t.csv"),
        (["synthetic", "--source", "two words"], "Error: source: 'two words' is no name"),
        (["synthetic", "--inventory", "t.csv"], "Error: t.csv: JSON is malformed"),
        (["synthetic", "--window-seconds", "0"], "Error: window-seconds: 0 is out of range"),
        (["synthetic", "--seconds", "0"], "Error: seconds: 0 is no time"),
        (["synthetic", "--bootstrap", "127.0.0.1:1"], "Error: 127.0.0.1:1: connection refused"),
        (["synthetic", "--bootstrap", "nowhere"], "Error: bootstrap: 'nowhere' is not HOST:PORT"),
    ],
)
def test_errors_are_one_plain_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    runner = CliRunner()
    with runner.isolated_filesystem(tmp_path):
        Path("t.csv").write_text("ts,app_id,x\n1,a,1\n")
        result = runner.invoke(main, [*arguments, "--log-level", "error"])
    assert result.exit_code == 1
    assert result.stderr.startswith(message)
    assert len(result.stderr.strip().splitlines()) == 1


def test_cards_are_told_in_one_way_only(tmp_path: Path) -> None:
    (tmp_path / "cards.json").write_text('{"resources": []}')
    cards = ["--inventory", str(tmp_path / "cards.json"), "--inventory-cards", "1"]
    result = CliRunner().invoke(main, ["synthetic", *cards])
    assert result.exit_code == 2
    assert "--inventory and --inventory-cards both say which cards there are" in result.output


def test_check_tells_of_all_that_is_wanting(tmp_path: Path) -> None:
    trace = tmp_path / "t.csv"
    trace.write_text("ts,app_id,gpu_duty_pct\n1,a,1\n")
    result = CliRunner().invoke(main, ["check", "--bootstrap", "127.0.0.1:1", "--trace", str(trace)])
    assert result.exit_code == 1
    assert "connection refused" in result.stderr
    assert "1 samples of 1 applications; gpu_duty_pct is gpu.sm_ratio" in result.stdout


def test_check_tells_what_a_trace_beside_gives(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("ts,app_id,gpu_duty_pct\n1,a,1\n1,b,1\n")
    (tmp_path / "s.csv").write_text("ts,app_id,qps\n0,service,3\n")
    arguments = ["check", "--bootstrap", "127.0.0.1:1", "--trace", str(tmp_path / "t.csv")]
    result = CliRunner().invoke(main, [*arguments, "--beside", str(tmp_path / "s.csv")])
    assert "gpu_duty_pct is gpu.sm_ratio, qps beside is app.qps of 2" in result.stdout
    alone = CliRunner().invoke(main, ["check", "--beside", str(tmp_path / "s.csv")])
    assert (alone.exit_code, "--beside goes with --trace" in alone.stderr) == (2, True)


def test_help_tells_what_each_kind_of_made_up_application_does() -> None:
    result = CliRunner().invoke(main, ["synthetic", "--help"], terminal_width=120)
    for label, kind in KINDS.items():
        assert f"  {label:8}{kind.about}" in result.output
