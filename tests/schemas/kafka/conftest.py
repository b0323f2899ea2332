"""A real broker with a TLS, SCRAM and ACL listener, shared by this folder's tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from foretide.deploy.broker import BrokerSecurity, KafkaBroker, jars, start


@pytest.fixture(scope="session")
def secure_kafka() -> Iterator[KafkaBroker]:
    """Users: admin (superuser), app and nobody (no rights until granted)."""
    lacking = jars.missing_tools()
    if lacking and not os.environ.get("FORETIDE_REQUIRE_KAFKA"):
        pytest.skip(f"a real Kafka needs {' and '.join(lacking)}, which this machine lacks")
    broker = start("kafka", security=BrokerSecurity({"admin": "admin-pw", "app": "app-pw", "nobody": "nobody-pw"}))
    assert isinstance(broker, KafkaBroker)
    yield broker
    broker.stop()
