"""A real Apache Kafka, single node, KRaft mode, on loopback."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from foretide.deploy.broker import jars
from foretide.deploy.broker.archive import ClassArchive
from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.folder import FolderLock
from foretide.deploy.broker.java import Java, find_java
from foretide.deploy.broker.ports import free_ports, is_free
from foretide.deploy.broker.process import end, end_now, spawn
from foretide.deploy.broker.properties import LOG4J2, SecureListener, server_properties
from foretide.deploy.broker.ready import wait_until_ready
from foretide.deploy.broker.running import Kind
from foretide.deploy.broker.security import SUPERUSER, BrokerSecurity, Certificates, make_certificates
from foretide.schemas.kafka.settings import KafkaSettings

_FLAGS: Final = ["-Xms256m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
_STOP_SECONDS: Final = 10.0
_ARCHIVE_SECONDS: Final = 30.0
"""The first orderly end also writes the class archive, which takes some seconds more."""


class KafkaBroker:
    """A broker process and its data folder. Made by `start_kafka`."""

    kind: Kind = "kafka"

    def __init__(
        self,
        java: Java,
        libs: Path,
        data: Path,
        *,
        temporary: bool,
        port: int | None,
        security: BrokerSecurity | None,
    ) -> None:
        self.version = jars.kafka_version()
        self.data = data
        self._program = str(java.program)
        self._libs = libs
        self._archive = ClassArchive(java, libs)
        self._lock = FolderLock(data)
        self._temporary = temporary
        self._security = security
        self._certificates: Certificates | None = None
        free = free_ports(3)
        self._port = port or free[0]
        self._controller_port, self._secure_port = free[1], free[2]
        self.bootstrap = f"127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"kafka {self.version}"

    @property
    def log(self) -> Path:
        """The broker's own log."""
        return self.data / "broker.log"

    def settings(self, user: str | None = None) -> KafkaSettings:
        if user is None:
            return KafkaSettings(bootstrap=self.bootstrap)
        if self._security is None or self._certificates is None:
            raise BrokerStartError("this broker was started without a secure listener: it has no users")
        if user not in self._security.users:
            raise BrokerStartError(f"user {user!r} is unknown; the broker has {', '.join(self._security.users)}")
        return KafkaSettings(
            bootstrap=f"127.0.0.1:{self._secure_port}",
            security_protocol="SASL_SSL",
            sasl_mechanism="SCRAM-SHA-512",
            username=user,
            password=self._security.users[user],
            ca_file=self._certificates.authority,
        )

    def begin(self) -> None:
        """Format the data folder if it is new, and start."""
        self._lock.take()
        try:
            if self._security:
                self._certificates = make_certificates(self.data)
            self._write_configuration()
            if not (self.data / "log" / "meta.properties").is_file():
                self._format()
            self.restart()
        except BaseException:
            self._lock.give_back()
            raise

    def restart(self) -> None:
        # Another broker on the port would answer in the place of this one, which ends a moment later.
        if not is_free(self._port):
            raise BrokerStartError(f"port {self._port} of 127.0.0.1 is in use; give another one, or 0 for a free one")
        command = self._java(*self._archive.flags())
        self._process = spawn([*command, "kafka.Kafka", str(self.data / "server.properties")], self.log)
        try:
            wait_until_ready(self.settings(), self._process, self.log)
        except BaseException:
            end(self._process, 0)
            self._archive.discard()
            raise

    def kill(self) -> None:
        if self._process is not None:
            end_now(self._process)
        self._archive.discard()

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, _ARCHIVE_SECONDS if self._archive.writing else _STOP_SECONDS)
            if self._process.returncode >= 0:  # by itself: one that was killed may have left half an archive
                self._archive.keep()
        self._archive.discard()
        self._lock.give_back()
        if self._temporary:
            shutil.rmtree(self.data, ignore_errors=True)

    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def _java(self, *more: str) -> list[str]:
        return [
            self._program,
            *_FLAGS,
            *more,
            f"-Dlog4j2.configurationFile={self.data / 'log4j2.yaml'}",
            "-cp",
            f"{self._libs}/*",
        ]

    def _write_configuration(self) -> None:
        secure = None
        if self._certificates:
            secure = SecureListener(
                self._secure_port, self._certificates.server, self._certificates.authority, SUPERUSER
            )
        text = server_properties(self.data, self._port, self._controller_port, secure)
        (self.data / "server.properties").write_text(text)
        (self.data / "log4j2.yaml").write_text(LOG4J2)

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = [
            *self._java(*self._archive.use()), "kafka.tools.StorageTool", "format", "--standalone",
            f"--cluster-id={cluster}",  # one word: an id may begin with a dash
            "-c", str(self.data / "server.properties"),
        ]  # fmt: skip
        for user, password in (self._security.users if self._security else {}).items():
            command += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise BrokerStartError(f"the data folder {self.data} could not be formatted: {said[-1] if said else '?'}")


def start_kafka(
    data: Path | None = None,
    port: int | None = None,
    security: BrokerSecurity | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> KafkaBroker:
    """Start a broker and return once it answers. `data` None is a temporary folder, removed at `stop`."""
    java = find_java()
    if java is None:
        raise BrokerStartError("a real Kafka needs Java; install Java 17, or use the mock broker")
    libs = jars.resolve(say)
    folder = data.resolve() if data else Path(tempfile.mkdtemp(prefix="foretide-kafka-"))
    broker = KafkaBroker(java, libs, folder, temporary=data is None, port=port, security=security)
    try:
        broker.begin()
    except BaseException:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return broker
