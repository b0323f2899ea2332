"""Replays of what was recorded, each in a fresh process that shares nothing with the run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson

from foretide.deploy.demo.errors import DemoError
from foretide.deploy.demo.supervisor import foretide_command


async def replay_in_fresh_process(*arguments: str | Path) -> dict[str, Any]:
    """What `foretide replay ARGUMENTS --json` prints; DemoError with its words if it fails."""
    command = foretide_command("foretide", "replay", *map(str, arguments), "--json")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    lines = out.decode().splitlines()
    if process.returncode or not lines:
        said = (err.decode(errors="replace").strip().splitlines() or ["no output"])[-1]
        raise DemoError(f"the replay failed (exit code {process.returncode}): {said}")
    answer = orjson.loads(lines[-1])
    if not isinstance(answer, dict):
        raise DemoError(f"the replay printed no object: {lines[-1][:80]}")
    return answer
