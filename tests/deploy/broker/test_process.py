"""A broker's process ends when it should, and says why it did when it should not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foretide.deploy.broker.process import end, end_now, last_words, spawn

pytestmark = pytest.mark.timeout(30)
READY = "print('ready', flush=True)\n"


def started(tmp_path: Path, program: str) -> subprocess.Popen[bytes]:
    """A process of `program`, once it has said ready."""
    log = tmp_path / "log"
    process = spawn([sys.executable, "-c", program], log)
    until(lambda: "ready" in log.read_text())
    return process


def until(condition: object) -> None:
    limit = time.monotonic() + 10
    assert callable(condition)
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def runs(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_is_asked_to_stop_first(tmp_path: Path) -> None:
    program = f"import signal\nsignal.signal(signal.SIGTERM, lambda *_: exit(7))\n{READY}signal.pause()"
    process = started(tmp_path, program)
    end(process)
    assert process.returncode == 7
    end(process)


def test_one_that_does_not_listen_is_killed_after_the_limit(tmp_path: Path) -> None:
    program = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{READY}\nwhile True: signal.pause()"
    process = started(tmp_path, program)
    begun = time.monotonic()
    end(process, 0.2)
    assert process.returncode == -signal.SIGKILL
    assert 0.2 <= time.monotonic() - begun < 5


def test_a_kill_is_a_kill(tmp_path: Path) -> None:
    process = started(tmp_path, f"{READY}import signal\nsignal.pause()")
    end_now(process)
    assert process.returncode == -signal.SIGKILL


def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, signal\nfrom pathlib import Path\nfrom foretide.deploy.broker.process import spawn\n"
        f"child = spawn(['sleep', '60'], Path({str(tmp_path / 'child.log')!r}))\n"
        "print(child.pid, flush=True)\nsignal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        until(lambda: Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"sleep"))
        parent.kill()
        until(lambda: not runs(child))
    finally:
        parent.kill()
        parent.communicate()


def test_a_program_that_is_not_there_is_told_in_the_log(tmp_path: Path) -> None:
    process = spawn(["no-such-program"], tmp_path / "log")
    assert process.wait(10) == 1
    assert last_words(tmp_path / "log") == "no-such-program cannot be run: No such file or directory"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("a\nb\nc\nd\n", "b | c | d"),
        ("one\n2026 ERROR server the port is taken\nlast\n", "2026 ERROR server the port is taken"),
        ("2026 ERROR x failed\njava.net.BindException: Address already in use\n\tat x\n",
         "java.net.BindException: Address already in use"),
        ("\n\n", "(its log is empty)"),
        (None, "(no log)"),
    ],
)  # fmt: skip
def test_the_last_words_name_the_cause(tmp_path: Path, said: str | None, words: str) -> None:
    if said is not None:
        (tmp_path / "log").write_text(said)
    assert last_words(tmp_path / "log") == words
