"""`foretide worker`: its options, and its errors as one line."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from foretide.deploy.commands.worker import command


@pytest.mark.parametrize("agent", ["profile", "plan"])
def test_help_names_every_exit_and_option(agent: str) -> None:
    result = CliRunner().invoke(command, [agent, "--help"])
    assert result.exit_code == 0
    assert "Exit codes" in result.output
    for option in ("--bootstrap", "--port-file", "--session-timeout", "--snapshot-seconds", "--stop-seconds"):
        assert option in result.output


def test_help_loads_no_core() -> None:
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from foretide.deploy.commands.worker import command\n"
        "assert CliRunner().invoke(command, ['--help']).exit_code == 0\n"
        "print(sorted({'faust', 'numpy', 'river'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_settings_that_cannot_work_are_one_line() -> None:
    result = CliRunner().invoke(command, ["plan", "--session-timeout", "6", "--heartbeat", "5"])
    assert result.exit_code == 1
    assert result.output == (
        "Error: --heartbeat: 5 s is not between 0 and half the session timeout. "
        "Give a third of --session-timeout or less\n"
    )
