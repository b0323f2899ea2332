"""A broker on this machine: a real Apache Kafka where Java and Maven are, else a mock that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from foretide.deploy.broker import jars
from foretide.deploy.broker.errors import BrokerStartError
from foretide.deploy.broker.kafka import KafkaBroker, start_kafka
from foretide.deploy.broker.mock import MockBroker, start_mock
from foretide.deploy.broker.running import RunningBroker
from foretide.deploy.broker.security import BrokerSecurity

__all__ = ["BrokerSecurity", "BrokerStartError", "KafkaBroker", "MockBroker", "RunningBroker", "start"]


def start(
    kind: Literal["auto", "kafka", "mock"] = "auto",
    data: Path | None = None,
    port: int | None = None,
    security: BrokerSecurity | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> KafkaBroker | MockBroker:
    """Start a broker and return once it answers. `auto` is a real Kafka where it can run, else the mock."""
    lacking = jars.missing_tools()
    if kind == "mock" or (kind == "auto" and lacking):
        if lacking and kind == "auto":
            say(f"{' and '.join(lacking)} missing: no real Kafka here (install Java 17 and Maven to get one)")
        if port or data or security:
            raise BrokerStartError("the mock broker takes no port, data folder or security; use --kind kafka")
        return start_mock(say)
    if lacking:
        raise BrokerStartError(f"a real Kafka needs {' and '.join(lacking)}; install Java 17 and Maven, or --kind mock")
    return start_kafka(data, port, security, say)
