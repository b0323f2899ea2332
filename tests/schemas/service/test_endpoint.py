"""The endpoint answers what monitoring asks, and survives what else comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry, Counter

from foretide.schemas.errors import SettingsError
from foretide.schemas.service import Endpoint, serve
from foretide.schemas.service import endpoint as module

pytestmark = pytest.mark.timeout(20)


async def ask(endpoint: Endpoint, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send `raw` and split the answer."""
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    writer.write(raw)
    answer = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


async def get(endpoint: Endpoint, path: str) -> tuple[int, dict[str, str], bytes]:
    return await ask(endpoint, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


async def test_metrics_come_from_the_given_registry_only() -> None:
    registry = CollectorRegistry()
    Counter("windows_sent", "Windows acknowledged.", registry=registry).inc(3)
    endpoint = await serve(registry)
    status, headers, body = await get(endpoint, "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert int(headers["content-length"]) == len(body)
    assert b"windows_sent_total 3.0" in body
    assert b"python_info" not in body
    await endpoint.close()


async def test_health_follows_the_callback() -> None:
    reason: str | None = None
    endpoint = await serve(CollectorRegistry(), liveness=lambda: reason)
    assert (await get(endpoint, "/healthz"))[0::2] == (200, b"ok\n")
    reason = "no offset advanced for 61 s"
    assert (await get(endpoint, "/healthz?full=1"))[0::2] == (503, b"no offset advanced for 61 s\n")
    await endpoint.close()


async def test_progress_is_json() -> None:
    endpoint = await serve(CollectorRegistry(), progress=lambda: {"windows": 4, "where": {"p": [1, None]}})
    status, headers, body = await get(endpoint, "/progress")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert orjson.loads(body) == {"windows": 4, "where": {"p": [1, None]}}
    await endpoint.close()


async def test_a_failing_callback_is_a_500_and_not_the_end() -> None:
    def progress() -> Mapping[str, Any]:
        raise RuntimeError("secret detail")

    endpoint = await serve(CollectorRegistry(), progress=progress)
    status, _, body = await get(endpoint, "/progress")
    assert status == 500
    assert b"secret" not in body
    assert (await get(endpoint, "/healthz"))[0] == 200
    await endpoint.close()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /metrics/../etc HTTP/1.0\r\n\r\n", 404),
        (b"POST /healthz HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405),
        (b"HEAD /healthz HTTP/1.1\r\n\r\n", 200),
    ],
)
async def test_other_requests(raw: bytes, status: int) -> None:
    endpoint = await serve(CollectorRegistry())
    got, headers, body = await ask(endpoint, raw)
    assert got == status
    assert (body == b"") == raw.startswith(b"HEAD")
    assert int(headers["content-length"]) > 0
    await endpoint.close()


@pytest.mark.parametrize(
    "raw", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"nonsense\r\n\r\n", b"GET " + b"x" * 100_000, b"\r\n"]
)
async def test_what_is_not_http_is_hung_up_on(raw: bytes) -> None:
    endpoint = await serve(CollectorRegistry())
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    with contextlib.suppress(ConnectionError):
        writer.write(raw)
        assert await reader.read() == b""
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    assert (await get(endpoint, "/healthz"))[0] == 200
    await endpoint.close()


async def test_a_client_that_sends_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.1)
    endpoint = await serve(CollectorRegistry())
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    await endpoint.close()


async def test_a_taken_port_is_told_with_a_remedy() -> None:
    endpoint = await serve(CollectorRegistry())
    assert endpoint.host == "127.0.0.1"
    assert endpoint.url == f"http://127.0.0.1:{endpoint.port}"
    with pytest.raises(SettingsError, match="metrics-port"):
        await serve(CollectorRegistry(), port=endpoint.port)
    await endpoint.close()
    with pytest.raises(ConnectionRefusedError):
        await get(endpoint, "/healthz")
