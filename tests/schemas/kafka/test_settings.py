"""The settings struct checks itself, hides its password, and speaks both clients' vocabularies."""

from __future__ import annotations

import dataclasses
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from foretide.schemas.errors import SettingsError
from foretide.schemas.kafka.settings import KafkaSettings, split_server


@pytest.fixture
def pem(tmp_path: Path) -> dict[str, Path]:
    authority = trustme.CA()
    identity = authority.issue_cert("client.example")
    paths = {"ca": tmp_path / "ca.pem", "cert": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    authority.cert_pem.write_to_path(paths["ca"])
    identity.cert_chain_pems[0].write_to_path(paths["cert"])
    identity.private_key_pem.write_to_path(paths["key"])
    return paths


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"bootstrap": ""}, "bootstrap"),
        ({"bootstrap": " , "}, "bootstrap"),
        ({"bootstrap": "broker"}, "bootstrap"),
        ({"bootstrap": ":9092"}, "bootstrap"),
        ({"bootstrap": "broker:"}, "bootstrap"),
        ({"bootstrap": "broker:0"}, "bootstrap"),
        ({"bootstrap": "broker:65536"}, "bootstrap"),
        ({"bootstrap": "broker:http"}, "bootstrap"),
        ({"bootstrap": "kafka://broker:9092"}, "bootstrap"),
        ({"bootstrap": "::1:9092"}, "bootstrap"),
        ({"bootstrap": "good:9092,bad"}, "bootstrap"),
        ({"security_protocol": "TLS"}, "security-protocol"),
        ({"security_protocol": "SASL_SSL"}, "username"),
        ({"security_protocol": "SASL_SSL", "username": "u"}, "password"),
        (
            {"security_protocol": "SASL_SSL", "username": "u", "password": "p", "sasl_mechanism": "GSSAPI"},
            "sasl-mechanism",
        ),
        ({"ca_file": Path("/no/such/file.pem")}, "ca-file"),
        ({"request_timeout_seconds": 0.0}, "request-timeout-seconds"),
        ({"request_timeout_seconds": float("nan")}, "request-timeout-seconds"),
    ],
)
def test_what_cannot_work_is_refused_by_name_with_a_remedy(values: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsError) as caught:
        KafkaSettings(**values)
    assert caught.value.field == field
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_a_key_needs_its_certificate(pem: dict[str, Path]) -> None:
    with pytest.raises(SettingsError, match="cert-file"):
        KafkaSettings(security_protocol="SSL", key_file=pem["key"])


def test_the_password_is_never_shown() -> None:
    settings = KafkaSettings(security_protocol="SASL_PLAINTEXT", username="u", password="very-secret")
    assert "very-secret" not in repr(settings)
    assert "very-secret" not in str(settings)
    assert "very-secret" not in f"{dataclasses.replace(settings, client_id='x')}"


def test_plain_settings_carry_no_security() -> None:
    settings = KafkaSettings(bootstrap="a:1, [::1]:2", request_timeout_seconds=2.5)
    assert settings.servers == ["a:1", "[::1]:2"]
    arguments = settings.aiokafka_arguments()
    assert arguments["bootstrap_servers"] == ["a:1", "[::1]:2"]
    assert arguments["request_timeout_ms"] == 2500
    assert not {k for k in arguments if k.startswith(("sasl", "ssl"))}
    assert settings.ssl_context() is None
    config = settings.librdkafka_config()
    assert config["bootstrap.servers"] == "a:1,[::1]:2"
    assert not {k for k in config if k.startswith(("sasl", "ssl"))}


def test_tls_and_sasl_reach_both_vocabularies(pem: dict[str, Path]) -> None:
    settings = KafkaSettings(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-256",
        username="u",
        password="p",
        ca_file=pem["ca"],
        cert_file=pem["cert"],
        key_file=pem["key"],
    )
    arguments = settings.aiokafka_arguments()
    context = arguments["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert arguments["sasl_mechanism"] == "SCRAM-SHA-256"
    assert (arguments["sasl_plain_username"], arguments["sasl_plain_password"]) == ("u", "p")
    config = settings.librdkafka_config()
    assert config["security.protocol"] == "SASL_SSL"
    assert config["ssl.ca.location"] == str(pem["ca"])
    assert config["ssl.key.location"] == str(pem["key"])
    assert (config["sasl.mechanism"], config["sasl.username"], config["sasl.password"]) == ("SCRAM-SHA-256", "u", "p")
    assert all(isinstance(v, str) for v in config.values())


def test_librdkafka_accepts_the_configuration(pem: dict[str, Path]) -> None:
    """Its constructor refuses unknown names and unusable values; nothing is connected."""
    from confluent_kafka.admin import AdminClient

    settings = KafkaSettings(
        bootstrap="127.0.0.1:1", security_protocol="SASL_SSL", username="u", password="p", ca_file=pem["ca"]
    )
    AdminClient(settings.librdkafka_config() | {"log_level": "0"})


@pytest.mark.parametrize("which", ["ca", "cert"])
def test_files_that_are_not_pem_are_named(pem: dict[str, Path], tmp_path: Path, which: str) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("not PEM")
    files = {f"{which}_file": bad}
    settings = KafkaSettings(security_protocol="SSL", **files)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"bad\.pem"):
        settings.ssl_context()


@pytest.mark.parametrize(("server", "parts"), [("a.b:9092", ("a.b", 9092)), ("[::1]:1", ("::1", 1))])
def test_split_server(server: str, parts: tuple[str, int]) -> None:
    assert split_server(server) == parts
