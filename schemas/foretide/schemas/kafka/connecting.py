"""One connection to one broker, and the cause found when there is none.

aiokafka's clients say `Unable to bootstrap` whatever the cause. Here each layer is asked in turn: name, port, TLS,
SASL, and whether the listener speaks what the settings say.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    IllegalSaslStateError,
    IncompatibleBrokerVersion,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.admin import SaslHandShakeRequest

from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka.errors import AuthenticationFailed, BrokerUnreachable, TlsFailed
from foretide.schemas.kafka.protocol import DescribeTopics
from foretide.schemas.kafka.settings import KafkaSettings, split_server

CLOSING_SECONDS = 1.0
"""For the end of TLS and for the socket to be gone."""

PROBE_SECONDS = 2.0
"""The longest a further look may take at a listener that did not do what was expected."""
_SEVERITY = (AuthenticationFailed, TlsFailed, BrokerUnreachable)


@contextlib.asynccontextmanager
async def any_connection(settings: KafkaSettings, timeout_seconds: float) -> AsyncIterator[AIOKafkaConnection]:
    """A connection to the first bootstrap server that can be used, closed at the end.

    If there is none: the BrokerError that tells most (a refused password more than a closed port).
    """
    connection = None
    errors: list[BrokerError] = []
    share = timeout_seconds / len(settings.servers)
    for server in settings.servers:
        try:
            connection = await connect(settings, *split_server(server), share)
            break
        except BrokerError as e:
            errors.append(e)
    if connection is None:
        raise min(errors, key=lambda e: next((i for i, kind in enumerate(_SEVERITY) if isinstance(e, kind)), 9))
    try:
        yield connection
    finally:
        await close(connection)


async def connect(settings: KafkaSettings, host: str, port: int, timeout_seconds: float) -> AIOKafkaConnection:
    """An authenticated connection on which the broker has answered; a BrokerError says why there is none."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_seconds
    await _reach(host, port, timeout_seconds / 2)
    arguments = settings.aiokafka_arguments()
    for name in ("bootstrap_servers", "metadata_max_age_ms"):
        arguments.pop(name)
    # The first answer may be slow; still two probes of the cause must fit into the limit.
    left = end - loop.time()
    probe_seconds = min(PROBE_SECONDS, left * 0.2)
    arguments["request_timeout_ms"] = round(max(0.5, left - 2 * probe_seconds) * 1000)
    connection = None
    try:
        connection = await _open(host, port, arguments)
        await connection.send(DescribeTopics([]))  # a listener that wants SASL hangs up only now
        return connection
    except (OSError, KafkaError, TimeoutError) as e:
        if connection is not None:
            await close(connection)
        raise await _explain(settings, host, port, e, probe_seconds) from e
    except asyncio.CancelledError:
        if connection is not None:
            connection.close()
        raise


async def close(connection: AIOKafkaConnection) -> None:
    """Close and wait, briefly, until the socket is gone; where the other side does not end TLS in that time, without
    it."""
    closed = connection.close()
    if closed is None or closed.done():
        return
    await asyncio.wait([closed], timeout=CLOSING_SECONDS)
    transport = connection._protocol._transport  # noqa: SLF001 -- aiokafka closes it, but tells it to nobody else
    if not closed.done() and transport is not None:
        transport.abort()


async def _open(host: str, port: int, arguments: dict[str, Any]) -> AIOKafkaConnection:
    """A connection on which the broker has told its versions and taken the user, if there is one.

    One that fails is closed, and waited for: a broker takes its time to hang up on a user that it refuses.
    """
    connection = AIOKafkaConnection(host, port, **arguments)
    try:
        await connection.connect()
    except Exception:
        if connection._protocol is not None:  # noqa: SLF001 -- None: nothing was reached, and there is nothing to close
            await close(connection)
        raise
    return connection


async def _reach(host: str, port: int, timeout_seconds: float) -> None:
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    except TimeoutError as e:
        raise BrokerUnreachable(
            f"{where}: no answer within {timeout_seconds:.0f} s. Check the address and the firewalls on the way."
        ) from e
    except socket.gaierror as e:
        raise BrokerUnreachable(f"{where}: the host name is not known ({e.strerror}). Check --bootstrap.") from e
    except ConnectionRefusedError as e:
        raise BrokerUnreachable(
            f"{where}: connection refused, nothing listens there. Start a broker (foretide broker run) "
            "or correct --bootstrap."
        ) from e
    except OSError as e:
        raise BrokerUnreachable(f"{where}: cannot be reached ({e.strerror or e}). Check --bootstrap.") from e


async def _explain(
    settings: KafkaSettings, host: str, port: int, error: OSError | KafkaError | TimeoutError, probe_seconds: float
) -> BrokerError:
    """The likely cause of `error`, which came after the port had been found open."""
    where = f"{host}:{port}"
    user = f"user {settings.username!r}"
    if isinstance(error, SaslAuthenticationFailed):
        return AuthenticationFailed(
            f"{where}: {settings.sasl_mechanism} refused {user}: wrong user or password. "
            "Check --username and --password-file."
        )
    if isinstance(error, UnsupportedSaslMechanismError):
        return AuthenticationFailed(
            f"{where}: the broker does not take {settings.sasl_mechanism}. Choose another --sasl-mechanism."
        )
    # Kafka knows the request and refuses it; the mock cluster does not even know it.
    if isinstance(error, IllegalSaslStateError | IncompatibleBrokerVersion):
        wanted = "SSL" if settings.uses_tls else "PLAINTEXT"
        return AuthenticationFailed(
            f"{where}: this listener takes no SASL. Use --security-protocol {wanted}, or the port of a SASL listener."
        )
    tls = _tls_cause(error)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return TlsFailed(
            f"{where}: the broker's certificate is not trusted: {tls.verify_message or tls.reason}. "
            "Check --ca-file and the host name in --bootstrap."
        )
    if tls is not None and "CERTIFICATE_REQUIRED" in str(tls):
        return TlsFailed(f"{where}: the broker asks for a client certificate. Give --cert-file and --key-file.")
    if settings.uses_tls and not await _speaks_tls(host, port, probe_seconds):
        wanted = "SASL_PLAINTEXT" if settings.uses_sasl else "PLAINTEXT"
        return TlsFailed(
            f"{where}: this listener does not speak TLS. Use --security-protocol {wanted}, or the port of a TLS "
            "listener."
        )
    if tls is not None:
        return TlsFailed(f"{where}: TLS failed: {tls.reason or tls}. Check the certificates on both sides.")
    if not settings.uses_tls and await _speaks_tls(host, port, probe_seconds):
        wanted = "SASL_SSL" if settings.uses_sasl else "SSL or SASL_SSL"
        return TlsFailed(f"{where}: this listener speaks TLS. Use --security-protocol {wanted}.")
    if isinstance(error, TimeoutError):
        return BrokerUnreachable(f"{where}: the port is open but nothing answers as Kafka does in time.")
    if not settings.uses_sasl and await _wants_sasl(settings, host, port, probe_seconds):
        wanted = "SASL_SSL" if settings.uses_tls else "SASL_PLAINTEXT"
        return AuthenticationFailed(
            f"{where}: this listener asks for a user. Use --security-protocol {wanted} with --username and "
            "--password-file."
        )
    return BrokerUnreachable(f"{where}: the port is open but does not answer as Kafka does ({_one_line(error)}).")


def _tls_cause(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS error among the causes of `error`."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None


async def _speaks_tls(host: str, port: int, timeout_seconds: float) -> bool:
    """Whether a handshake that trusts any certificate succeeds, or fails as only TLS fails."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # nothing is sent over this connection
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(timeout_seconds):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLError as e:
        return e.reason is not None and "ALERT" in e.reason
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()  # the caller's loop may end right after
    return True


async def _wants_sasl(settings: KafkaSettings, host: str, port: int, timeout_seconds: float) -> bool:
    """Whether the listener takes the first step of SASL, which others refuse."""
    try:
        connection = await _open(
            host,
            port,
            {
                "security_protocol": "SSL" if settings.uses_tls else "PLAINTEXT",
                "ssl_context": settings.ssl_context(),
                "request_timeout_ms": round(timeout_seconds * 1000),
            },
        )
    except (OSError, KafkaError, TimeoutError):
        return False
    try:
        answer: Any = await connection.send(SaslHandShakeRequest(settings.sasl_mechanism))
    except (OSError, KafkaError, TimeoutError):
        return False
    finally:
        await close(connection)
    return bool(answer.error_code != IllegalSaslStateError.errno)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if text and not isinstance(error, KafkaConnectionError) else f"{type(error).__name__} {text}".strip()
