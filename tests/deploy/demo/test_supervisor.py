"""Processes start, are killed, come back, and none outlives its supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from foretide.deploy.demo.errors import DemoError
from foretide.deploy.demo.supervisor import ProcessSpec, Supervisor

pytestmark = pytest.mark.timeout(30)


def spec(name: str, code: str, **more: object) -> ProcessSpec:
    return ProcessSpec(name=name, command=(sys.executable, "-c", textwrap.dedent(code)), **more)  # type: ignore[arg-type]


SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
DEAF = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print('up', flush=True)
    time.sleep(60)
"""


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.02)


def said_up(supervisor: Supervisor, name: str) -> bool:
    return supervisor.children[name].log.read_text().endswith("up\n")


async def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    child = supervisor.start(spec("a", SLEEPER))
    watching = asyncio.create_task(supervisor.watch(0.02))
    await until(lambda: said_up(supervisor, "a"))
    before = child.pid
    await supervisor.kill("a")
    await until(lambda: child.pid not in (None, before))
    assert child.starts == 2
    assert supervisor.failures == []
    watching.cancel()
    await supervisor.stop_all()
    assert child.pid is None


async def test_a_process_that_does_not_stay_up_ends_the_demo_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.start(spec("a", "import sys; print('Error: no such topic', file=sys.stderr); sys.exit(3)"))
    with pytest.raises(DemoError, match=r"a does not stay up \(exit code 3\): Error: no such topic"):
        await asyncio.wait_for(supervisor.watch(0.02), 10)
    await supervisor.stop_all()
    assert len(supervisor.failures) == 2


async def test_who_ignores_sigterm_is_killed_after_its_limit(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.start(spec("deaf", DEAF, stop_seconds=0.3))
    await until(lambda: said_up(supervisor, "deaf"))
    codes = await supervisor.stop(["deaf"])
    assert codes == {"deaf": -signal.SIGKILL}
    assert supervisor.failures == ["deaf had to be killed: it ignored SIGTERM"]
    await supervisor.stop_all()


async def test_a_process_group_ends_as_a_whole(tmp_path: Path) -> None:
    code = f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
        print(child.pid, flush=True)
        time.sleep(60)
    """
    supervisor = Supervisor(tmp_path)
    supervisor.start(spec("parent", code))
    log = supervisor.children["parent"].log
    await until(lambda: log.read_text().endswith("up\n"))
    grandchild = int(next(line for line in log.read_text().splitlines() if line.isdigit()))
    assert psutil.pid_exists(grandchild)
    await supervisor.stop_all()
    await until(lambda: not alive(grandchild))


async def test_stopping_is_not_cut_short_by_a_second_interrupt(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    children = [supervisor.start(spec(name, DEAF, stop_seconds=0.3)) for name in ("a", "b")]
    await until(lambda: said_up(supervisor, "a") and said_up(supervisor, "b"))
    stopping = asyncio.create_task(supervisor.stop_all())
    await asyncio.sleep(0.1)
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await stopping
    await until(lambda: all(c.pid is None for c in children))


async def test_a_program_that_cannot_run_is_named(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    with pytest.raises(DemoError, match=r"a: cannot run /nowhere/program: No such file"):
        supervisor.start(ProcessSpec(name="a", command=("/nowhere/program",)))
    await supervisor.stop_all()


async def test_children_do_not_outlive_a_killed_demo(tmp_path: Path) -> None:
    code = f"""
        import pathlib, sys, time
        from foretide.deploy.demo.supervisor import ProcessSpec, Supervisor
        supervisor = Supervisor(pathlib.Path({str(tmp_path)!r}))
        child = supervisor.start(ProcessSpec(name="a", command=(sys.executable, "-c", {SLEEPER!r})))
        print(child.pid, flush=True)
        time.sleep(60)
    """
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(code), stdout=asyncio.subprocess.PIPE
    )
    assert demo.stdout is not None
    child = int(await demo.stdout.readline())
    await until(lambda: (tmp_path / "a.log").read_text().endswith("up\n"))
    assert alive(child)
    demo.kill()
    await demo.wait()
    await until(lambda: not alive(child))


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
