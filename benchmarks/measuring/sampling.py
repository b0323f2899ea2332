"""Where a process spends its time: py-spy samples it from outside, and its stacks are counted by stage.

py-spy and not an in-process sampler or cProfile: it needs nothing in the worker, sees all of its threads and the time
inside numpy, orjson and zlib, and takes its own processor time on another core.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring.stages import AROUND, OURS, STAGES, Rule
from measuring.worker import MeasuringError

_FRAME = re.compile(r"^(?P<function>.*) \((?P<file>.*?)(?::\d+)?\)$")

_WAITS = re.compile(
    r"^([\w.]*\b)?(wait \(.*/threading|select \(.*/selectors|_worker \(.*/concurrent/futures/thread)\.py"
)
"""Innermost frames of threads that wait. py-spy leaves most of them out by itself, not those about to wake."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares of a process's time by stage, and the innermost frames that no rule names."""

    samples: int
    shares: Mapping[str, float]
    unknown: Sequence[tuple[str, float]]


def find_py_spy() -> str:
    """Its program: beside the interpreter, or on the path. MeasuringError with the remedy if there is none."""
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.is_file() else shutil.which("py-spy")
    if found is None:
        raise MeasuringError("--profile needs py-spy, which is not installed: pip install py-spy")
    return found


async def sample(pid: int, seconds: float, out: Path, rate: int = 200) -> Profile:
    """Sample a process for so long. The raw stacks, as flame graphs want them, are left in `out`."""
    command = [
        find_py_spy(), "record", "--pid", str(pid), "--duration", str(max(1, round(seconds))), "--rate", str(rate),
        "--nonblocking", "--format", "raw", "--full-filenames", "--output", str(out),
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()
    if process.returncode:
        raise MeasuringError(f"py-spy failed: {told.decode(errors='replace').strip().splitlines()[-1:]}")
    return by_stage(await asyncio.to_thread(_lines, out))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def by_stage(lines: Iterable[str]) -> Profile:
    """Lines of `frame;frame;frame count`, the outermost frame first, counted by stage."""
    counts, unknown = Counter[str](), Counter[str]()
    for line in lines:
        stack, _, number = line.rpartition(" ")
        if not number.isdecimal():
            continue  # a garbled name with a line break in it: half a stack, and no count
        frames = [f for f in stack.split(";") if not f.startswith(("process ", "thread ("))]
        if frames and _WAITS.search(frames[-1]):
            continue
        stage = stage_of(frames)
        counts[stage] += int(number)
        if stage == "other":
            unknown[next((f for f in reversed(frames) if _FRAME.match(f)), "(no frame)")] += int(number)
    total = max(1, counts.total())
    return Profile(
        samples=counts.total(),
        shares={stage: counts[stage] / total for stage in STAGES},
        unknown=[(frame, n / total) for frame, n in unknown.most_common(8)],
    )


def stage_of(frames: Sequence[str]) -> str:
    """The stage of one stack, whose outermost frame comes first."""
    parsed = [(m["function"], m["file"]) for f in reversed(frames) if (m := _FRAME.match(f))]
    for rules in (OURS, AROUND):
        for function, file in parsed:
            for rule in rules:
                if _fits(rule, function, file):
                    return rule[2]
    return "other"


def _fits(rule: Rule, function: str, file: str) -> bool:
    part, name, _ = rule
    return part in file and (not name or name == function.rpartition(".")[2])
