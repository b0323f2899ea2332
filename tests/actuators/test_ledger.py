from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from foretide.actuators.errors import LedgerError
from foretide.actuators.ledger import Ledger
from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import Command, OutcomeEvent
from support.acting import NOW_MS, at, command


def outcome(of: Command) -> OutcomeEvent:
    return OutcomeEvent(
        id=outcome_id(of.id),
        pool=of.pool,
        at_ms=NOW_MS,
        command_id=of.id,
        app=of.app,
        status="applied",
        placement=of.desired,
        duration_seconds=0.1,
        message="",
    )


FIRST = command(1, desired=at("1g.10gb"))
SECOND = command(2, "b", desired=at("1g.10gb", 1))


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.begin(FIRST, 10)
    ledger.finish(SECOND, outcome(SECOND), 20)
    assert ledger.raise_epoch("p", 3)
    instance = ledger.instance
    ledger.close()
    again = Ledger(tmp_path / "l")
    assert again.instance == instance
    assert [e.command for e in again.unsettled()] == [FIRST, SECOND]
    first, second = again.get(FIRST), again.get(SECOND)
    assert first is not None
    assert first.outcome is None
    assert first.begun_ms == 10
    assert second is not None
    assert second.outcome == outcome(SECOND)
    assert not again.raise_epoch("p", 2)
    assert again.raise_epoch("p", 3)
    assert again.raise_epoch("another pool", 1)
    again.close()


def test_the_first_outcome_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.finish(FIRST, outcome(FIRST), 1)
    ledger.finish(FIRST, replace(outcome(FIRST), status="failed"), 2)
    entry = ledger.get(FIRST)
    assert entry is not None
    assert entry.outcome == outcome(FIRST)
    ledger.close()


def test_told_commands_are_forgotten_in_time_others_never(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.finish(FIRST, outcome(FIRST), 10)
    ledger.finish(SECOND, outcome(SECOND), 10)
    ledger.told(FIRST.id)
    assert ledger.forget(10) == 0
    assert ledger.forget(11) == 1
    assert ledger.get(FIRST) is None
    assert [e.command for e in ledger.unsettled()] == [SECOND]
    ledger.close()


def test_a_writer_may_stamp_the_same_command_anew_but_not_change_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.begin(FIRST, 1)
    assert ledger.get(replace(FIRST, epoch=9, issued_ms=5, deadline_ms=6)) is not None
    with pytest.raises(LedgerError, match="as another command"):
        ledger.get(replace(FIRST, app="someone-else"))
    ledger.close()


@pytest.mark.parametrize("other", [("cluster-2", "p"), ("cluster-1", "q")])
def test_it_belongs_to_one_cluster_and_pool(tmp_path: Path, other: tuple[str, str]) -> None:
    ledger = Ledger(tmp_path / "l")
    ledger.bind("cluster-1", "p")
    ledger.bind("cluster-1", "p")
    with pytest.raises(LedgerError, match="belongs to the"):
        ledger.bind(*other)
    ledger.close()


def test_no_two_processes_share_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    code = "import sys, pathlib; from foretide.actuators.ledger import Ledger; Ledger(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "l")], capture_output=True, text=True, timeout=30)
    ledger.close()
    assert done.returncode == 1
    assert "in use by another actuator" in done.stderr


def test_a_file_that_is_no_ledger_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_text("my notes " * 100)
    with pytest.raises(LedgerError, match="is no ledger"):
        Ledger(path)
    assert path.read_text() == "my notes " * 100
