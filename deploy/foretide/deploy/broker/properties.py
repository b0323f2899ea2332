"""The configuration of a single-node Apache Kafka in KRaft mode, as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOG4J2: Final = """\
Configuration:
  Appenders:
    Console:
      name: out
      PatternLayout: {pattern: "%d{ISO8601} %p %c{1} %m%n"}
  Loggers:
    Root: {level: info, AppenderRef: {ref: out}}
    Logger:
      - {name: kafka.server.KafkaConfig, level: warn}
      - {name: org.apache.kafka.common.config.AbstractConfig, level: warn}
      - {name: org.apache.kafka.common.utils.AppInfoParser, level: warn}
"""


@dataclass(frozen=True, slots=True)
class SecureListener:
    """A SASL_SSL listener: PEM files, and the superuser that may do everything."""

    port: int
    keystore: Path
    truststore: Path
    superuser: str


def server_properties(data: Path, port: int, controller_port: int, secure: SecureListener | None = None) -> str:
    """server.properties of one loopback-only node. `secure` adds a TLS listener."""
    listeners = f"BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"
    protocols = "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT"
    if secure:
        listeners += f",SECURE://127.0.0.1:{secure.port}"
        protocols += ",SECURE:SASL_SSL"
    lines = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": protocols,
        "inter.broker.listener.name": "BROKER",
        "log.dirs": str(data / "log"),
        "auto.create.topics.enable": "false",
        "message.max.bytes": "4194304",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "log.cleaner.dedupe.buffer.size": "8388608",
        # A node that was killed waits for its own old session before it leads again: 3.4 s instead of 11.7 s.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "500",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }
    if secure:
        lines |= {
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.secure.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(secure.keystore),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(secure.truststore),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The plain listener's anonymous user is the node itself.
            "super.users": f"User:{secure.superuser};User:ANONYMOUS",
        }
    return "".join(f"{k}={v}\n" for k, v in lines.items())
