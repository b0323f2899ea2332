"""The jars of Apache Kafka: resolved by Maven once, kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.java import MINIMUM, find_java
from foretide.deploy.broker.maven import copy_dependencies

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
    root = ET.parse(pom_file()).getroot()  # noqa: S314 - our own file
    for dependency in root.iter(f"{_POM}dependency"):
        if dependency.findtext(f"{_POM}groupId") == "org.apache.kafka":
            return dependency.findtext(f"{_POM}version") or "unknown"
    raise BrokerStartError(f"{pom_file()} names no org.apache.kafka dependency")


def cache_folder() -> Path:
    """Where all of one version is kept: below $XDG_CACHE_HOME, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "foretide" / f"kafka-{kafka_version()}"


def jars_folder() -> Path:
    """Where the jars of this very pom are, once they are all there: the folder appears whole or not at all."""
    return cache_folder() / f"jars-{hashlib.sha256(pom_file().read_bytes()).hexdigest()[:12]}"


def missing_tools() -> list[str]:
    """What a real broker would need and this machine lacks: Java, and mvn unless the jars are there already."""
    missing = []
    java = find_java()
    if java is None:
        missing.append("java")
    elif not java.new_enough:
        missing.append(f"java {MINIMUM} or later (here is {java.version})")
    if not jars_folder().is_dir() and shutil.which("mvn") is None:
        missing.append("mvn")
    return missing


def resolve(say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder that holds the jars; downloads them with Maven if they are not there, telling `say` how it goes.

    A second start waits for the first one's download; one that was interrupted leaves nothing that counts as done.
    """
    folder = jars_folder()
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                say(f"Maven fetches Apache Kafka {kafka_version()} into {folder.parent} (about 45 MB, once)")
                _fetch(folder, say)
    except OSError as e:
        raise BrokerStartError(
            f"the cache {folder.parent} cannot be written ({e.strerror}); name another folder in XDG_CACHE_HOME"
        ) from e
    return folder


def _fetch(folder: Path, say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="partial-", dir=folder.parent) as partial:
        copied = Path(partial) / "jars"
        copy_dependencies(pom_file(), copied, say)
        if not any(copied.glob(f"kafka_*-{kafka_version()}.jar")):
            raise BrokerStartError("Maven said that it is done, but there are no jars; run it again")
        copied.rename(folder)
