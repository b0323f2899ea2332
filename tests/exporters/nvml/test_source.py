"""The NVML source: its start, its cards, and ticks that keep time."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pynvml
import pytest

from foretide.exporters.errors import SourceUnavailable
from foretide.exporters.nvml.source import NvmlSource
from foretide.exporters.pacing import Pacer
from foretide.schemas.signals import GPU_MEMORY
from support.nvml import A100, GIB, H100, T4, FakeCard, FakeNvml, Running
from support.proc import add_process


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "libnvidia-ml.so.1 is not on this host. Install the NVIDIA driver"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "driver is not loaded. Load its kernel module"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "may not use the NVIDIA devices. Give the user access"),
        (pynvml.NVML_ERROR_UNKNOWN, "NVML does not start (Unknown Error). Check the driver"),
    ],
)
def test_a_host_without_a_driver_is_told_what_it_lacks(code: int, message: str) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        NvmlSource(FakeNvml(start_error=code), "host")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_host_without_a_card_is_told_so_and_nvml_is_closed() -> None:
    nvml = FakeNvml()
    with pytest.raises(SourceUnavailable, match="no device"):
        NvmlSource(nvml, "host")
    assert nvml.started == 0


def test_cards_with_known_slicing_rules_are_announced() -> None:
    source = NvmlSource(FakeNvml(FakeCard(A100), FakeCard(T4), FakeCard(H100)), "host")
    assert [(r.resource, r.geometry, r.host) for r in source.resources()] == [
        ("host/gpu0", "mig-80gb", "host"),
        ("host/gpu2", "mig-80gb", "host"),
    ]


@pytest.mark.timeout(20)
async def test_samples_carry_the_time_they_were_due(tmp_path: Path) -> None:
    add_process(tmp_path, 1, environ={"FORETIDE_APP": "web"})
    nvml = FakeNvml(FakeCard(A100, [Running(1, GIB, sm=10)]))
    source = NvmlSource(nvml, "host", step_seconds=0.02, proc=tmp_path)
    ending = asyncio.Event()
    ticks = []
    async for tick in source.ticks(Pacer(), ending):
        ticks.append(tick)
        if len(ticks) == 5:
            ending.set()
    steps = [b.at_ms - a.at_ms for a, b in itertools.pairwise(ticks)]
    assert all(step > 0 and step % 20 == 0 for step in steps)
    assert all(s.at_ms == t.at_ms and s.values[GPU_MEMORY] == GIB for t in ticks for s in t.samples)
    source.close()
    assert nvml.started == 0


@pytest.mark.timeout(20)
async def test_event_time_follows_a_changed_wall_clock() -> None:
    wall = [1_000_000]
    source = NvmlSource(FakeNvml(FakeCard(A100)), "host", step_seconds=0.01, wall=lambda: wall[0])
    ending = asyncio.Event()
    times = []
    async for tick in source.ticks(Pacer(), ending):
        times.append(tick.at_ms)
        if len(times) == 1:
            wall[0] += 3_600_000
        if len(times) == 3:
            ending.set()
    assert times[0] == 1_000_000
    assert times[1] == 4_600_000
    assert times[2] > times[1]
