"""Waiting until a broker answers a metadata request."""

from __future__ import annotations

import asyncio
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.process import last_words
from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka.diagnosis import check_broker
from foretide.schemas.kafka.settings import KafkaSettings


def wait_until_ready(
    settings: KafkaSettings, process: subprocess.Popen[bytes], log: Path, limit_seconds: float = 60.0
) -> None:
    """Return when the broker answers; BrokerStartError if it ends first or the limit passes. It blocks.

    What a signal's handler raises meanwhile ends the waiting.
    """
    given_up = threading.Event()
    # In a thread of its own, so that it can also be called where an event loop runs.
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(asyncio.run, _wait(settings, process, log, limit_seconds, given_up))
        try:
            waiting.result()
        except BaseException:
            given_up.set()  # the thread is waited for, whatever was raised
            raise


async def _wait(
    settings: KafkaSettings,
    process: subprocess.Popen[bytes],
    log: Path,
    limit_seconds: float,
    given_up: threading.Event,
) -> None:
    deadline = time.monotonic() + limit_seconds
    while not given_up.is_set():
        if process.poll() is not None:
            raise BrokerStartError(f"the broker ended with code {process.returncode}: {last_words(log)}; see {log}")
        try:
            await check_broker(settings, timeout_seconds=3)
            return
        except BrokerError as e:
            if time.monotonic() > deadline:
                raise BrokerStartError(f"the broker did not answer within {limit_seconds:.0f} s: {e}; see {log}") from e
        await asyncio.sleep(0.1)  # a poll of another process: there is no event to wait for
