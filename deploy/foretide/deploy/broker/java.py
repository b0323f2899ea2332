"""The Java that runs a real broker: which one, and whether it is new enough."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MINIMUM: Final = 17
"""What Apache Kafka 4 asks for."""
_VERSION = re.compile(r'version "(?:1\.)?((\d+)[^"]*)"')


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime. `major` is 17 for 17.0.15; 0 where it does not tell."""

    program: Path
    version: str
    major: int

    @property
    def new_enough(self) -> bool:
        """Whether it can run the broker."""
        return self.major >= MINIMUM


def find_java() -> Java | None:
    """The Java of $JAVA_HOME, else the first on the PATH; None where there is none that answers."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=str(Path(home, "bin"))) if home else None
    program = program or shutil.which("java")
    return _ask(program) if program else None


@functools.cache
def _ask(program: str) -> Java | None:
    try:
        done = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(done.stderr + done.stdout)
    return Java(Path(program), found[1] if found else "unknown", int(found[2]) if found else 0)
