"""What `/proc` tells of a process: which application it is, and what it uses of the host.

An application is named, in this order, by its environment variable FORETIDE_APP, its Kubernetes pod, its Slurm job, its
container, its systemd service, or its program. A pod's, job's or container's name is the same wherever it is seen; a
service's or program's name gets the exporter's before it. No name holds a process id: a restarted service goes on under
its name, and what was learned of it stays true.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

APP_VARIABLE: Final = "FORETIDE_APP"
_POD: Final = re.compile(r"pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})")
_SLURM: Final = re.compile(r"/slurm(?:stepd\.scope|/uid_\d+)?/job_(\d+)")
_CONTAINER: Final = re.compile(
    r"(?:docker|crio|libpod|containerd)[-/]([0-9a-f]{12})[0-9a-f]{52}|/docker/([0-9a-f]{12})"
)
_SERVICE: Final = re.compile(r"/([^/]+)\.service(?:/|$)")
_SESSIONS: Final = re.compile(r"user@\d+|systemd-.*")
_INTERPRETERS: Final = re.compile(r"python[\d.]*|bash|sh|node|java|ruby|perl")
_BAD: Final = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class HostUse:
    """A process's use of the host so far: processor seconds, resident bytes, and when it began (clock ticks)."""

    started: int
    cpu_seconds: float
    rss_bytes: int


class ProcessTable:
    """Reads `/proc` (or a tree like it at `root`)."""

    def __init__(self, source: str, root: Path = Path("/proc")) -> None:
        self._source = source
        self._root = root
        self._names: dict[int, tuple[int, str]] = {}
        self._tick = os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")

    def use(self, pid: int) -> HostUse | None:
        """What the process used of the host; None if it is gone or hidden."""
        text = self._read(pid, "stat")
        if not text:
            return None
        # The program's name stands in parentheses and may hold any character.
        fields = text.rpartition(")")[2].split()
        try:
            ticks = int(fields[11]) + int(fields[12])
            return HostUse(int(fields[19]), ticks / self._tick, int(fields[21]) * self._page)
        except (IndexError, ValueError):
            return None

    def name(self, pid: int, started: int | None) -> str:
        """The application a process belongs to; remembered as long as the process id means the same process."""
        known = self._names.get(pid)
        if known is not None and known[0] == (started or 0):
            return known[1]
        name = self._find_name(pid)
        self._names[pid] = (started or 0, name)
        return name

    def forget_all_but(self, pids: set[int]) -> None:
        """Forget the processes that have ended."""
        for pid in self._names.keys() - pids:
            del self._names[pid]

    def _find_name(self, pid: int) -> str:
        for entry in self._read(pid, "environ").split("\0"):
            variable, _, value = entry.partition("=")
            if variable == APP_VARIABLE and value:
                return _clean(value)
        cgroup = self._read(pid, "cgroup")
        if found := _POD.search(cgroup):
            return "pod-" + found[1].replace("_", "-")
        if found := _SLURM.search(cgroup):
            return "slurm-" + found[1]
        if found := _CONTAINER.search(cgroup):
            return "container-" + (found[1] or found[2])
        services = [s for s in _SERVICE.findall(cgroup) if not _SESSIONS.fullmatch(s)]
        return _clean(f"{self._source}/{services[-1] if services else self._program(pid)}")

    def _program(self, pid: int) -> str:
        """The program's name; for an interpreter the script's."""
        words = [w for w in self._read(pid, "cmdline").split("\0") if w]
        if words:
            program = os.path.basename(words[0])
            script = next((w for w in words[1:] if not w.startswith("-")), None)
            if script and _INTERPRETERS.fullmatch(program):
                return os.path.basename(script)
            if program:
                return program
        return self._read(pid, "comm").strip() or f"process-{pid}"

    def _read(self, pid: int, name: str) -> str:
        try:
            return (self._root / str(pid) / name).read_text(encoding="utf-8", errors="replace")
        except OSError:  # ended, or another user's
            return ""


def _clean(name: str) -> str:
    return _BAD.sub("_", name)[:150]
