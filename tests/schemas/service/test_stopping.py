"""A signal ends a process in order, or, when something hangs, within the limit."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from foretide.schemas.errors import BrokerError
from foretide.schemas.service.stopping import FORCED_EXIT_CODE, StopLimit, run_until_stopped

pytestmark = pytest.mark.timeout(60)

PROGRAM = """
import asyncio, sys, time
from foretide.schemas.service import run_until_stopped, setup_logging
setup_logging()

async def orderly(stop):
    print("ready", flush=True)
    await stop.wait()
    print("cleaned up", flush=True)
    return 3

async def hangs(stop):
    print("ready", flush=True)
    await stop.wait()
    await asyncio.Event().wait()

async def blocks_the_loop(stop):
    asyncio.get_running_loop().call_later(0.2, print, "ready", )
    sys.stdout.reconfigure(line_buffering=True)
    await stop.wait()
    time.sleep(3600)

async def leaves_a_task_that_will_not_end(stop):
    async def stubborn():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                pass
    task = asyncio.create_task(stubborn())
    print("ready", flush=True)
    await stop.wait()
    return 0

sys.exit(run_until_stopped(globals()[sys.argv[1]], limit_seconds=float(sys.argv[2])))
"""


def begin(name: str, limit: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, name, str(limit)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_program_end_in_order(number: signal.Signals) -> None:
    process = begin("orderly", 30)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (3, "cleaned up\n")
    assert f"{number.name}: stopping" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["hangs", "blocks_the_loop", "leaves_a_task_that_will_not_end"])
def test_what_hangs_is_ended_at_the_limit(name: str) -> None:
    process = begin(name, 1)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == FORCED_EXIT_CODE
    assert 0.9 <= time.monotonic() - begun < 10
    assert "the process ends at once" in err


def test_a_second_signal_does_not_wait() -> None:
    process = begin("hangs", 3600)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "SIGINT: stopping" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == FORCED_EXIT_CODE
    assert "SIGINT again" in err


def test_results_and_errors_of_main_come_through() -> None:
    async def nothing(_: object) -> None:
        return None

    async def fails(_: object) -> int:
        raise BrokerError("no broker")

    assert run_until_stopped(nothing) == 0
    with pytest.raises(BrokerError, match="no broker"):
        run_until_stopped(fails)


def test_a_disarmed_limit_does_nothing() -> None:
    limit = StopLimit(0.05)
    limit.arm()
    limit.arm()
    limit.disarm()
    limit.disarm()
    time.sleep(0.2)  # this process is still here: that is the assertion
