"""Maven as a downloader: the broker's jars into a folder, with progress that people can read."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.process import end, spawn_to

SAY_EVERY_SECONDS: Final = 2.0
_DOWNLOADED = re.compile(r"Downloaded from \S+: \S+\.jar \(([\d.]+) ([kMG]?)B")
_BYTES: Final = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}


def copy_dependencies(pom: Path, folder: Path, say: Callable[[str], None]) -> None:
    """Put the jars that `pom` names into `folder`. BrokerStartError says what Maven said first."""
    # Without -q: its lines are where the progress is read from.
    command = ["mvn", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    maven = spawn_to([*command, f"-DoutputDirectory={folder}"], subprocess.PIPE)
    try:
        errors = _follow(maven, say)
        code = maven.wait()
    finally:
        end(maven, 2)
        if maven.stdout:
            maven.stdout.close()
    if code:
        reason = errors[0] if errors else f"it ended with code {code} and said nothing"
        raise BrokerStartError(
            f"Maven could not fetch the broker's jars: {reason}. Check the network and Maven's settings, or use the "
            "mock broker (mock instead of kafka)."
        )


def _follow(maven: subprocess.Popen[bytes], say: Callable[[str], None]) -> list[str]:
    """Tell the progress until Maven closes its output; its error lines."""
    errors: list[str] = []
    jars, size = 0, 0.0
    began = told = time.monotonic()
    for line in _lines(maven):
        if line.startswith("[ERROR]") and (reason := line.removeprefix("[ERROR]").strip()):
            errors.append(reason)
        elif found := _DOWNLOADED.match(line.removeprefix("[INFO] ")):
            jars, size = jars + 1, size + float(found[1]) * _BYTES[found[2]]
        if (now := time.monotonic()) - told >= SAY_EVERY_SECONDS:
            say(f"  {now - began:3.0f} s: {jars} jars, {size / 1e6:.0f} MB downloaded")
            told = now
    return errors


def _lines(maven: subprocess.Popen[bytes]) -> Iterator[str]:
    """Its lines as they come, and an empty one whenever it is silent for a while."""
    assert maven.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(maven.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(SAY_EVERY_SECONDS):
                yield ""
                continue
            data = os.read(maven.stdout.fileno(), 65536)
            if not data:
                return
            *complete, rest = (rest + data).split(b"\n")
            for line in complete:
                yield line.decode(errors="replace").rstrip()
