"""A real Apache Kafka, single node, KRaft mode, on loopback."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from foretide.deploy.broker import jars
from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.ports import free_ports
from foretide.deploy.broker.process import end, spawn
from foretide.deploy.broker.properties import LOG4J2, SecureListener, server_properties
from foretide.deploy.broker.ready import wait_until_ready
from foretide.deploy.broker.running import Kind
from foretide.deploy.broker.security import SUPERUSER, BrokerSecurity, Certificates, make_certificates
from foretide.schemas.kafka.settings import KafkaSettings

_JAVA = ["java", "-Xms256m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


class KafkaBroker:
    """A broker process and its data folder. Made by `start_kafka`."""

    kind: Kind = "kafka"

    def __init__(
        self,
        libs: Path,
        data: Path,
        *,
        temporary: bool,
        port: int | None,
        security: BrokerSecurity | None,
        say: Callable[[str], None],
    ) -> None:
        self.version = jars.kafka_version()
        self.data = data
        self._libs = libs
        self._temporary = temporary
        self._say = say
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
        self.data.mkdir(parents=True, exist_ok=True)
        if self._security:
            self._certificates = make_certificates(self.data)
        self._write_configuration()
        if not (self.data / "log" / "meta.properties").is_file():
            self._format()
        self.restart()

    def restart(self) -> None:
        self._process = spawn([*self._java(), "kafka.Kafka", str(self.data / "server.properties")], self.log)
        try:
            wait_until_ready(self.settings(), self._process, self.log)
        except BaseException:
            end(self._process, 0)
            raise

    def kill(self) -> None:
        if self._process is not None:
            end_now(self._process)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
        if self._temporary:
            shutil.rmtree(self.data, ignore_errors=True)

    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def _java(self) -> list[str]:
        return [*_JAVA, f"-Dlog4j2.configurationFile={self.data / 'log4j2.yaml'}", "-cp", f"{self._libs}/*"]

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
            *self._java(), "kafka.tools.StorageTool", "format", "--standalone",
            f"--cluster-id={cluster}",  # one word: an id may begin with a dash
            "-c", str(self.data / "server.properties"),
        ]  # fmt: skip
        for user, password in (self._security.users if self._security else {}).items():
            command += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise BrokerStartError(f"the data folder {self.data} could not be formatted: {said[-1] if said else '?'}")


def end_now(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, and wait until it is gone."""
    process.kill()
    process.wait()


def start_kafka(
    data: Path | None = None,
    port: int | None = None,
    security: BrokerSecurity | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> KafkaBroker:
    """Start a broker and return once it answers. `data` None is a temporary folder, removed at `stop`."""
    libs = jars.resolve(say)
    folder = data.resolve() if data else Path(tempfile.mkdtemp(prefix="foretide-kafka-"))
    broker = KafkaBroker(libs, folder, temporary=data is None, port=port, security=security, say=say)
    try:
        broker.begin()
    except BaseException:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return broker
