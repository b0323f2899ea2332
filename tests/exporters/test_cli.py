"""The command line: help, and errors of one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from foretide.exporters.cli import main

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
        (["synthetic", "--source", "two words"], "Error: source: 'two words' is no name"),
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


def test_check_tells_of_all_that_is_wanting(tmp_path: Path) -> None:
    trace = tmp_path / "t.csv"
    trace.write_text("ts,app_id,gpu_duty_pct\n1,a,1\n")
    result = CliRunner().invoke(main, ["check", "--bootstrap", "127.0.0.1:1", "--trace", str(trace)])
    assert result.exit_code == 1
    assert "connection refused" in result.stderr
    assert "1 samples of 1 applications; gpu_duty_pct is gpu.sm_ratio" in result.stdout
