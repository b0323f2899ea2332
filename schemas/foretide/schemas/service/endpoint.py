"""The HTTP endpoint of a process: /metrics, /healthz and /progress. It answers GET and HEAD, nothing else.

It runs on the process's own event loop on purpose: a loop that is stuck does not answer, and that is the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from foretide.schemas.errors import SettingsError

log = logging.getLogger(__name__)

Liveness = Callable[[], str | None]
"""None while the process makes progress, else why it counts as dead."""
Progress = Callable[[], Mapping[str, Any]]
"""What the process has done so far, fit for JSON."""

REQUEST_SECONDS = 5.0
"""A client that has not sent its request by then is dropped."""


@dataclass(slots=True)
class Endpoint:
    """A running endpoint. `host` and `port` are what it really listens on."""

    host: str
    port: int
    _server: asyncio.Server

    @property
    def url(self) -> str:
        """The address, without a path."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    async def close(self) -> None:
        """Stop listening."""
        self._server.close()
        await self._server.wait_closed()


async def serve(
    registry: CollectorRegistry,
    *,
    liveness: Liveness = lambda: None,
    progress: Progress = dict,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Endpoint:
    """Serve `registry` at /metrics, `liveness` at /healthz (200, or 503 with the reason) and `progress` at /progress.

    Port 0 takes a free one. SettingsError if the address cannot be used.
    """

    def answer(path: str) -> tuple[int, str, bytes]:
        if path == "/metrics":
            return 200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry)
        if path == "/healthz":
            reason = liveness()
            return (200, "text/plain", b"ok\n") if reason is None else (503, "text/plain", f"{reason}\n".encode())
        if path == "/progress":
            return 200, "application/json", orjson.dumps(dict(progress()), default=str) + b"\n"
        return 404, "text/plain", b"There are /metrics, /healthz and /progress.\n"

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                async with asyncio.timeout(REQUEST_SECONDS):
                    writer.write(_respond(await _read_request(reader), answer))
                    await writer.drain()
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(connected, host, port, limit=16_384)
    except OSError as e:
        raise SettingsError(
            "metrics-port", f"{host}:{port} cannot be listened on ({e.strerror or e})", "Choose another, or 0."
        ) from e
    actual = server.sockets[0].getsockname()
    return Endpoint(str(actual[0]), int(actual[1]), server)


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Method and path (without its query) of one request; ValueError for something that is not HTTP."""
    method, target, _ = (await reader.readuntil(b"\r\n")).decode("latin-1").split(" ", 2)
    while (await reader.readuntil(b"\r\n")) != b"\r\n":
        pass  # headers do not matter here
    return method, target.partition("?")[0]


def _respond(request: tuple[str, str], answer: Callable[[str], tuple[int, str, bytes]]) -> bytes:
    method, path = request
    if method not in ("GET", "HEAD"):
        status, kind, body = 405, "text/plain", b"Only GET and HEAD.\n"
    else:
        try:
            status, kind, body = answer(path)
        except Exception:  # a callback's fault must not end the server; it is logged and answered with 500
            log.exception("%s cannot be answered", path)
            status, kind, body = 500, "text/plain", b"The answer failed; see the log.\n"
    head = (
        f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()
    return head if method == "HEAD" else head + body


_PHRASES = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
