"""The broker's configuration: loopback only, and secure where that is asked for."""

from __future__ import annotations

from pathlib import Path

import yaml

from foretide.deploy.broker.properties import LOG4J2, SecureListener, server_properties

DATA = Path("/data")
SECURE = SecureListener(port=3, keystore=Path("/s.pem"), truststore=Path("/ca.pem"), superuser="admin")


def parsed(secure: SecureListener | None = None) -> dict[str, str]:
    lines = server_properties(DATA, 1, 2, secure).splitlines()
    pairs = [(name, value) for name, _, value in (line.partition("=") for line in lines)]
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def test_it_listens_on_loopback_only_and_creates_no_topics_by_itself() -> None:
    found = parsed()
    assert found["listeners"] == found["advertised.listeners"] == "BROKER://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert found["controller.quorum.bootstrap.servers"] == "127.0.0.1:2"
    assert found["listener.security.protocol.map"] == "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT"
    assert found["log.dirs"] == "/data/log"
    assert found["auto.create.topics.enable"] == "false"
    factors = {k: v for k, v in found.items() if k.endswith(("replication.factor", "min.isr"))}
    assert set(factors.values()) == {"1"}, "a single node cannot keep more copies"
    assert len(factors) == 5


def test_without_a_secure_listener_there_is_neither_tls_nor_an_authorizer() -> None:
    assert not [name for name in parsed() if "ssl" in name or "sasl" in name or "authorizer" in name]


def test_a_secure_listener_asks_for_tls_a_password_and_rights() -> None:
    found = parsed(SECURE)
    assert found["listeners"].endswith(",SECURE://127.0.0.1:3")
    assert found["listener.security.protocol.map"].endswith(",SECURE:SASL_SSL")
    assert found["sasl.enabled.mechanisms"] == "SCRAM-SHA-512"
    assert (found["ssl.keystore.location"], found["ssl.truststore.location"]) == ("/s.pem", "/ca.pem")
    assert found["authorizer.class.name"].endswith("StandardAuthorizer")
    assert "allow.everyone.if.no.acl.found" not in found
    assert set(found["super.users"].split(";")) == {"User:admin", "User:ANONYMOUS"}


def test_the_log_configuration_says_what_matters() -> None:
    loggers = yaml.safe_load(LOG4J2)["Configuration"]["Loggers"]
    assert loggers["Root"]["level"] == "info"
    assert {entry["level"] for entry in loggers["Logger"]} == {"warn"}
