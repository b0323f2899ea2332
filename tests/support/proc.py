"""A `/proc` tree in a folder, with the files the exporter reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

POD_CGROUP = (
    "0::/kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod12345678_9abc_def0_1234_56789abcdef0.slice/cri-containerd-"
    "4f9a1c0de3b24f9a1c0de3b24f9a1c0de3b24f9a1c0de3b24f9a1c0de3b2aaaa.scope\n"
)


def add_process(
    root: Path,
    pid: int,
    *,
    cgroup: str = "0::/\n",
    command: Sequence[str] = (),
    comm: str = "worker (x) y",
    environ: Mapping[str, str] | None = None,
    ticks: int = 0,
    started: int = 100,
    rss_pages: int = 256,
) -> None:
    """Write (or rewrite) one process."""
    folder = root / str(pid)
    folder.mkdir(parents=True, exist_ok=True)
    # Fields 3 to 24 of stat: state, ... utime (14), stime (15), ... starttime (22), vsize (23), rss (24).
    fields = ["S", *["0"] * 10, str(ticks), "0", *["0"] * 6, str(started), "0", str(rss_pages), "0"]
    (folder / "stat").write_text(f"{pid} ({comm}) {' '.join(fields)}\n")
    (folder / "cgroup").write_text(cgroup)
    (folder / "cmdline").write_text("".join(f"{word}\0" for word in command))
    (folder / "comm").write_text(comm + "\n")
    (folder / "environ").write_text("".join(f"{k}={v}\0" for k, v in (environ or {}).items()))
