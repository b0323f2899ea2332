"""The jars of Apache Kafka: resolved by Maven once, kept in the user's cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from foretide.deploy.broker.errors import BrokerStartError

_POM = "{http://maven.apache.org/POM/4.0.0}"


def pom_file() -> Path:
    """deploy/kafka/pom.xml: beside the source tree, or beside this module in an installed wheel."""
    here = Path(__file__).resolve()
    for candidate in (here.parents[3] / "kafka" / "pom.xml", here.with_name("pom.xml")):
        if candidate.is_file():
            return candidate
    raise BrokerStartError("pom.xml of the broker is missing from this installation; install foretide anew")


def kafka_version() -> str:
    """The version of Apache Kafka that the pom names."""
    root = ET.parse(pom_file()).getroot()  # noqa: S314
    for dependency in root.iter(f"{_POM}dependency"):
        if dependency.findtext(f"{_POM}groupId") == "org.apache.kafka":
            return dependency.findtext(f"{_POM}version") or "unknown"
    raise BrokerStartError(f"{pom_file()} names no org.apache.kafka dependency")


def cache_folder() -> Path:
    """Where the jars are kept: below $XDG_CACHE_HOME, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "foretide" / f"kafka-{kafka_version()}"


def missing_tools() -> list[str]:
    """What a real broker would need and this machine lacks: java, and mvn unless the jars are there already."""
    tools = ["java"] if (cache_folder() / "complete").is_file() else ["java", "mvn"]
    return [t for t in tools if shutil.which(t) is None]


def resolve(say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder that holds the jars; downloads them with Maven if they are not there, telling `say` how it goes.

    A download that was interrupted leaves no `complete` mark and is done again; a second one waits for the first.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").is_file():
            say(f"Maven resolves Apache Kafka {kafka_version()} into {folder} (about 45 MB, once)")
            _copy_dependencies(folder, say)
            (folder / "complete").touch()
    return folder


def _copy_dependencies(folder: Path, say: Callable[[str], None]) -> None:
    command = [
        "mvn", "-q", "-B", "-ntp", "-f", str(pom_file()), "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={folder}",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as maven:
        said: list[str] = []
        while True:
            try:
                out, _ = maven.communicate(timeout=2)
            except subprocess.TimeoutExpired:
                say(f"  {len(list(folder.glob('*.jar')))} jars so far")
                continue
            said = [line for line in out.splitlines() if line.strip()]
            break
    if maven.returncode:
        raise BrokerStartError(f"Maven could not resolve the broker's jars: {said[0] if said else 'it said nothing'}")
