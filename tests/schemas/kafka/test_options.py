"""The Kafka options: from the command line, the environment, a file; in this order of precedence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings


def run(*arguments: str, env: Mapping[str, str] | None = None) -> tuple[KafkaSettings | None, Result]:
    got: list[KafkaSettings] = []

    @click.command()
    @click.option("--other", default="o")
    @kafka_options
    def command(other: str, kafka: KafkaSettings) -> None:
        """A command."""
        assert other == "o"
        got.append(kafka)

    result = CliRunner().invoke(command, list(arguments), env=dict(env or {}))
    return (got[0] if got else None), result


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("from-file\n")
    return path


def test_without_anything_the_defaults_hold() -> None:
    assert run()[0] == KafkaSettings()


def test_help_names_every_option_and_its_environment_variable() -> None:
    _, result = run("--help")
    text = " ".join(result.output.split())
    names = "bootstrap security-protocol sasl-mechanism username password-file ca-file cert-file key-file client-id"
    for name in (*names.split(), "request-timeout-seconds"):
        assert f"--{name}" in text
        assert f"FORETIDE_KAFKA_{name.replace('-', '_').upper()}" in text
    assert "--kafka-config" in text
    assert "--password " not in text


def test_options_win_over_environment_over_file(tmp_path: Path, password_file: Path) -> None:
    config = tmp_path / "kafka.toml"
    config.write_text(
        '[kafka]\nbootstrap = "file:1"\nusername = "file"\nclient_id = "file"\nrequest_timeout_seconds = 3\n'
    )
    kafka, result = run(
        "--kafka-config", str(config), "--bootstrap", "option:3", env={
            "FORETIDE_KAFKA_BOOTSTRAP": "env:2", "FORETIDE_KAFKA_USERNAME": "env",
        },
    )  # fmt: skip
    assert kafka is not None, result.output
    assert (kafka.bootstrap, kafka.username, kafka.client_id) == ("option:3", "env", "file")
    assert kafka.request_timeout_seconds == 3


def test_the_password_comes_from_a_file_the_environment_or_the_configuration(
    tmp_path: Path, password_file: Path
) -> None:
    secure = ("--security-protocol", "SASL_PLAINTEXT", "--username", "u")
    environment = {"FORETIDE_KAFKA_PASSWORD": "from-env"}
    kafka, _ = run(*secure, "--password-file", str(password_file), env=environment)
    assert kafka is not None
    assert kafka.password == "from-file"
    kafka, _ = run(*secure, env=environment)
    assert kafka is not None
    assert kafka.password == "from-env"
    config = tmp_path / "kafka.toml"
    config.write_text('password_file = "password"\n')  # beside the configuration
    kafka, result = run(*secure, "--kafka-config", str(config))
    assert kafka is not None, result.output
    assert kafka.password == "from-file"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bootstrap", "nonsense"], "Error: bootstrap: 'nonsense' is not HOST:PORT"),
        (["--security-protocol", "SASL_SSL"], "Error: username: SASL_SSL needs a user"),
        (["--kafka-config", "/no/such.toml"], "Error: kafka-config: /no/such.toml cannot be read"),
        (["--password-file", "/no/such"], "Error: password-file: /no/such cannot be read"),
        (["--ca-file", "/no/such"], "Error: ca-file: /no/such is not a file"),
    ],
)
def test_errors_are_one_line_without_a_traceback(arguments: list[str], message: str) -> None:
    kafka, result = run(*arguments)
    assert kafka is None
    assert result.exit_code == 1
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bootstrap = ", "is not TOML"),
        ("kafka = 3", "kafka is not a table"),
        ('bootstrp = "a:1"', "unknown field 'bootstrp'"),
        ("bootstrap = 9092", "bootstrap has the wrong type"),
        ("request_timeout_seconds = true", "request_timeout_seconds has the wrong type"),
    ],
)
def test_a_wrong_configuration_file_is_explained(tmp_path: Path, text: str, message: str) -> None:
    config = tmp_path / "kafka.toml"
    config.write_text(text)
    _, result = run("--kafka-config", str(config))
    assert result.exit_code == 1
    assert message in result.stderr


def test_an_empty_password_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_text("\n")
    _, result = run("--security-protocol", "SASL_SSL", "--username", "u", "--password-file", str(path))
    assert "is empty" in result.stderr
