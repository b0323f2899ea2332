"""Asks a process's own endpoint how far it has come."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson


async def read_progress(port_file: Path, seconds: float = 2.0) -> dict[str, Any] | None:
    """What the process answers at /progress, or None if it does not answer within `seconds` (starting, or killed)."""
    try:
        port = int(port_file.read_text())  # noqa: ASYNC240 - five bytes of our own
        async with asyncio.timeout(seconds):
            return await _get(port)
    except (OSError, ValueError, TimeoutError):
        return None


async def _get(port: int) -> dict[str, Any] | None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /progress HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        return None
    answer = orjson.loads(body)
    return answer if isinstance(answer, dict) else None
