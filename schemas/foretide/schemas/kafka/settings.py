"""How to reach the brokers: one struct from which every client is made.

It imports no Kafka client: `aiokafka_arguments` and `librdkafka_config` only write their vocabularies.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from foretide.schemas.errors import SettingsError

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]

SECURITY_PROTOCOLS: Final[tuple[str, ...]] = get_args(SecurityProtocol)
SASL_MECHANISMS: Final[tuple[str, ...]] = get_args(SaslMechanism)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Where the brokers are and how to prove who we are. Building it checks it: SettingsError names what is wrong."""

    bootstrap: str = "127.0.0.1:9092"
    """One or more HOST:PORT, separated by commas. An IPv6 address stands in brackets."""
    security_protocol: SecurityProtocol = "PLAINTEXT"
    """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the broker's listener has it."""
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    """How the password is proved; used with the SASL protocols only. PLAIN sends it as it is: with SASL_SSL only."""
    username: str | None = None
    """The SASL user."""
    password: str | None = field(default=None, repr=False)
    """The SASL user's password. Never printed."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the brokers' certificates. None: the system's authorities."""
    cert_file: Path | None = None
    """PEM file of the client's certificate, where the brokers ask for one."""
    key_file: Path | None = None
    """PEM file of the client's key, unencrypted. None: it lies in `cert_file`."""
    client_id: str = "foretide"
    """The name under which the brokers' logs and quotas show this client."""
    request_timeout_seconds: float = 10.0
    """How long one request may take. Long enough for a broker under load, short enough to end within a stop limit."""
    metadata_max_age_seconds: float = 60.0
    """How often the list of brokers and partitions is fetched anew."""

    def __post_init__(self) -> None:
        if not self.servers:
            raise SettingsError("bootstrap", "no broker is given", "Give HOST:PORT.")
        for server in self.servers:
            _check_server(server)
        if self.security_protocol not in SECURITY_PROTOCOLS:
            raise SettingsError(
                "security-protocol",
                f"{self.security_protocol!r} is unknown",
                f"Use one of {_list(SECURITY_PROTOCOLS)}.",
            )
        if self.uses_sasl:
            if self.sasl_mechanism not in SASL_MECHANISMS:
                raise SettingsError(
                    "sasl-mechanism", f"{self.sasl_mechanism!r} is unknown", f"Use one of {_list(SASL_MECHANISMS)}."
                )
            if not self.username:
                raise SettingsError("username", f"{self.security_protocol} needs a user", "Give --username.")
            if not self.password:
                raise SettingsError(
                    "password", f"{self.security_protocol} needs a password", "Give --password-file FILE."
                )
        for name, path in (("ca-file", self.ca_file), ("cert-file", self.cert_file), ("key-file", self.key_file)):
            if path is not None and not Path(path).is_file():
                raise SettingsError(name, f"{path} is not a file that can be read", "Give the path of a PEM file.")
        if self.key_file is not None and self.cert_file is None:
            raise SettingsError("cert-file", "a key is given without its certificate", "Give --cert-file too.")
        if not 0.1 <= self.request_timeout_seconds <= 300:
            raise SettingsError(
                "request-timeout-seconds", f"{self.request_timeout_seconds} is out of range", "Use 0.1 to 300 seconds."
            )

    @property
    def servers(self) -> list[str]:
        """The bootstrap servers, each HOST:PORT."""
        return [part.strip() for part in self.bootstrap.split(",") if part.strip()]

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether a user and password are sent."""
        return self.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL")

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context, host names verified, or None without TLS. SettingsError for an unusable PEM file."""
        if not self.uses_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        except (ssl.SSLError, OSError) as e:
            raise SettingsError("ca-file", f"{self.ca_file} holds no usable certificate ({e})", "Give PEM.") from e
        if self.cert_file is not None:
            try:
                context.load_cert_chain(str(self.cert_file), str(self.key_file) if self.key_file else None)
            except (ssl.SSLError, OSError) as e:
                raise SettingsError(
                    "cert-file", f"{self.cert_file} cannot be used ({e})", "Give a PEM certificate and its key."
                ) from e
        return context

    def aiokafka_arguments(self) -> dict[str, Any]:
        """Keyword arguments that every aiokafka client takes (a fresh TLS context with each call)."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.servers,
            "client_id": self.client_id,
            "request_timeout_ms": round(self.request_timeout_seconds * 1000),
            "metadata_max_age_ms": round(self.metadata_max_age_seconds * 1000),
            "security_protocol": self.security_protocol,
        }
        if self.uses_tls:
            arguments["ssl_context"] = self.ssl_context()
        if self.uses_sasl:
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return arguments

    def librdkafka_config(self) -> dict[str, str]:
        """The same for confluent-kafka's clients (and kcat): librdkafka's names, strings only."""
        config = {
            "bootstrap.servers": ",".join(self.servers),
            "client.id": self.client_id,
            "security.protocol": self.security_protocol,
            "socket.timeout.ms": str(round(self.request_timeout_seconds * 1000)),
            "topic.metadata.refresh.interval.ms": str(round(self.metadata_max_age_seconds * 1000)),
        }
        if self.uses_tls:
            files = {
                "ssl.ca.location": self.ca_file,
                "ssl.certificate.location": self.cert_file,
                "ssl.key.location": self.key_file or self.cert_file,
            }
            config |= {name: str(path) for name, path in files.items() if path is not None}
        if self.uses_sasl:
            config |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.username or "",
                "sasl.password": self.password or "",
            }
        return config


def split_server(server: str) -> tuple[str, int]:
    """Host and port of one HOST:PORT; an IPv6 address loses its brackets."""
    host, _, port = server.rpartition(":")
    return host.strip("[]"), int(port)


def _check_server(server: str) -> None:
    host, colon, port = server.rpartition(":")
    ipv6 = host.startswith("[") and host.endswith("]")
    if not colon or not host.strip("[]") or (":" in host and not ipv6) or "/" in host:
        raise SettingsError("bootstrap", f"{server!r} is not HOST:PORT", "Write it like broker.example:9092.")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SettingsError("bootstrap", f"{server!r} has no port between 1 and 65535", "Write HOST:PORT.")


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)
