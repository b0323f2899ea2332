"""Names and host use of processes, from a `/proc` tree in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foretide.exporters.nvml.processes import ProcessTable
from support.proc import POD_CGROUP, add_process

POD = "pod-12345678-9abc-def0-1234-56789abcdef0"
CONTAINER = "ab12" * 16


@pytest.mark.parametrize(
    ("process", "name"),
    [
        ({"environ": {"FORETIDE_APP": "llm chat"}, "cgroup": POD_CGROUP}, "llm_chat"),
        ({"cgroup": POD_CGROUP}, POD),
        ({"cgroup": "11:memory:/kubepods/besteffort/pod12345678-9abc-def0-1234-56789abcdef0/abc\n"}, POD),
        ({"cgroup": "4:memory:/slurm/uid_1000/job_4711/step_0\n"}, "slurm-4711"),
        ({"cgroup": "0::/system.slice/slurmstepd.scope/job_4711/step_0\n"}, "slurm-4711"),
        ({"cgroup": f"0::/system.slice/docker-{CONTAINER}.scope\n"}, "container-ab12ab12ab12"),
        ({"cgroup": f"5:cpu:/docker/{CONTAINER}\n"}, "container-ab12ab12ab12"),
        ({"cgroup": "0::/system.slice/vllm.service\n"}, "host/vllm"),
        (
            {"cgroup": "0::/user.slice/user-1000.slice/user@1000.service/app.slice/jupyter.service\n"},
            "host/jupyter",
        ),
        ({"cgroup": "0::/user.slice/user@1000.service/x.scope\n", "command": ["/opt/bin/render", "-x"]}, "host/render"),
        ({"command": ["/usr/bin/python3.11", "-u", "/srv/train.py", "--lr", "1"]}, "host/train.py"),
        ({"command": [], "comm": "kernel thing"}, "host/kernel_thing"),
    ],
)
def test_an_application_is_named_by_what_users_know_it_by(
    tmp_path: Path, process: dict[str, object], name: str
) -> None:
    add_process(tmp_path, 7, **process)  # type: ignore[arg-type]
    assert ProcessTable("host", tmp_path).name(7, 100) == name


def test_a_process_that_is_gone_still_has_a_name(tmp_path: Path) -> None:
    table = ProcessTable("host", tmp_path)
    assert table.name(9, None) == "host/process-9"
    assert table.use(9) is None


def test_a_process_id_used_again_is_another_process(tmp_path: Path) -> None:
    table = ProcessTable("host", tmp_path)
    add_process(tmp_path, 7, command=["one"], started=100)
    assert table.name(7, 100) == "host/one"
    add_process(tmp_path, 7, command=["two"], started=900)
    assert table.name(7, 100) == "host/one"
    assert table.name(7, 900) == "host/two"


def test_host_use_survives_odd_program_names(tmp_path: Path) -> None:
    add_process(tmp_path, 7, comm="a) b (c", ticks=3 * os.sysconf("SC_CLK_TCK"), started=77, rss_pages=10)
    use = ProcessTable("host", tmp_path).use(7)
    assert use is not None
    assert (use.started, use.cpu_seconds, use.rss_bytes) == (77, 3.0, 10 * os.sysconf("SC_PAGE_SIZE"))


def test_this_very_process_is_readable() -> None:
    use = ProcessTable("host").use(os.getpid())
    assert use is not None
    assert use.rss_bytes > 1_000_000
