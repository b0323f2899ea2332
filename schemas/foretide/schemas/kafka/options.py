"""The Kafka options of every command, made into one settings struct."""

from __future__ import annotations

import dataclasses
import functools
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from foretide.schemas.errors import SettingsError
from foretide.schemas.kafka.settings import SASL_MECHANISMS, SECURITY_PROTOCOLS, KafkaSettings

F = TypeVar("F", bound=Callable[..., Any])

_ENV = "FORETIDE_KAFKA_"
_FIELDS = {f.name for f in dataclasses.fields(KafkaSettings)}
_PATHS = {"ca_file", "cert_file", "key_file"}
_PEM = click.Path(dir_okay=False, path_type=Path)


def kafka_options(function: F) -> F:
    """Decorate a command with --bootstrap and the security options; it receives the built `kafka: KafkaSettings`.

    Of what says the same thing twice, the option wins over its environment variable, and both over --kafka-config.
    """

    @functools.wraps(function)
    def wrapper(*args: Any, kafka_config: Path | None, password_file: Path | None, **kwargs: Any) -> Any:
        given = {name: kwargs.pop(f"kafka_{name}") for name in _OPTION_FIELDS}
        if password_file is None:
            # No option holds the password itself: other users of the host could read it in the process list.
            given["password"] = os.environ.get(_ENV + "PASSWORD")
        try:
            kafka = build_settings(kafka_config, password_file, given)
        except SettingsError as e:
            raise click.ClickException(str(e)) from e
        return function(*args, kafka=kafka, **kwargs)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper  # type: ignore[return-value]


def build_settings(
    config: Path | None, password_file: Path | None, given: Mapping[str, Any] | None = None
) -> KafkaSettings:
    """Settings from a TOML file, a password file and `given` values (None: not given), the later over the earlier.

    SettingsError names the file or field and the remedy.
    """
    values = _read_config(config) if config else {}
    if password_file is None and "password_file" in values:
        password_file = Path(values["password_file"])
    values.pop("password_file", None)
    if password_file is not None:
        values["password"] = _read_password(password_file)
    values |= {name: value for name, value in (given or {}).items() if value is not None}
    return KafkaSettings(**values)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except OSError as e:
        raise SettingsError("kafka-config", f"{path} cannot be read ({e.strerror})", "Give a TOML file.") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise SettingsError("kafka-config", f"{path} is not TOML ({e})", "Correct it.") from e
    section = document.get("kafka", document)
    if not isinstance(section, dict):
        raise SettingsError("kafka-config", f"{path}: kafka is not a table", "Write [kafka] and fields below it.")
    for name, value in section.items():
        if name not in _FIELDS | {"password_file"}:
            known = ", ".join(sorted(_FIELDS | {"password_file"}))
            raise SettingsError("kafka-config", f"{path} has the unknown field {name!r}", f"Known are {known}.")
        wanted = (int, float) if name.endswith("_seconds") else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise SettingsError("kafka-config", f"{path}: {name} has the wrong type", "See the option's help.")
    base = path.parent
    # A file named in the configuration lies beside it, wherever the command was started.
    return {n: base / v if n in _PATHS | {"password_file"} else v for n, v in section.items()}


def _read_password(path: Path) -> str:
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as e:
        raise SettingsError("password-file", f"{path} cannot be read", "Give a file that holds the password.") from e
    if not password:
        raise SettingsError("password-file", f"{path} is empty", "Give a file that holds the password.")
    return password


def _option(field: str, flag: str, help_text: str, **more: Any) -> Callable[[Any], Any]:
    return click.option(
        f"--{flag}",
        f"kafka_{field}",
        default=None,
        envvar=_ENV + field.upper(),
        show_envvar=True,
        help=help_text,
        **more,
    )


_OPTION_FIELDS = (
    "bootstrap",
    "security_protocol",
    "sasl_mechanism",
    "username",
    "ca_file",
    "cert_file",
    "key_file",
    "client_id",
    "request_timeout_seconds",
)

_OPTIONS: list[Callable[[Any], Any]] = [
    _option("bootstrap", "bootstrap", "Brokers, HOST:PORT[,HOST:PORT...].  [default: 127.0.0.1:9092]"),
    _option(
        "security_protocol",
        "security-protocol",
        "As the broker's listener has it.  [default: PLAINTEXT]",
        type=click.Choice(SECURITY_PROTOCOLS),
    ),
    _option(
        "sasl_mechanism",
        "sasl-mechanism",
        "How the password is proved.  [default: SCRAM-SHA-512]",
        type=click.Choice(SASL_MECHANISMS),
    ),
    _option("username", "username", "SASL user."),
    click.option(
        "--password-file",
        default=None,
        type=_PEM,
        envvar=_ENV + "PASSWORD_FILE",
        show_envvar=True,
        help=f"File that holds the SASL password. ({_ENV}PASSWORD itself is read too.)",
    ),
    _option("ca_file", "ca-file", "PEM file of the brokers' authority.  [default: the system's]", type=_PEM),
    _option("cert_file", "cert-file", "PEM file of the client's certificate.", type=_PEM),
    _option("key_file", "key-file", "PEM file of the client's key.  [default: in --cert-file]", type=_PEM),
    _option("client_id", "client-id", "Name in the brokers' logs and quotas.  [default: foretide]"),
    _option(
        "request_timeout_seconds",
        "request-timeout-seconds",
        "How long one request to a broker may take.  [default: 10]",
        type=float,
    ),
    click.option(
        "--kafka-config",
        default=None,
        type=_PEM,
        envvar=_ENV + "CONFIG",
        show_envvar=True,
        help="TOML file with these settings (underscores for hyphens), at its top or under [kafka].",
    ),
]
