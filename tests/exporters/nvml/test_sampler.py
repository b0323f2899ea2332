"""Readings of devices and processes: what is unknown is None, never 0."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from foretide.exporters.nvml.ask import Asker
from foretide.exporters.nvml.devices import find_cards
from foretide.exporters.nvml.processes import ProcessTable
from foretide.exporters.nvml.sampler import Sampler
from foretide.exporters.samples import Sample
from support.nvml import A100, GIB, H100, LAPTOP, FakeCard, FakeNvml, Instance, Running
from support.proc import add_process

NOW_MS = 1_000_000


class Host:
    """A host with the given cards and a process table."""

    def __init__(self, tmp_path: Path, *cards: FakeCard) -> None:
        self.proc = tmp_path
        self.nvml = FakeNvml(*cards)
        self.asker = Asker(self.nvml)
        table = ProcessTable("host", tmp_path)
        self.sampler = Sampler(self.nvml, self.asker, find_cards(self.nvml, self.asker, "host"), table)
        self.at_ms = NOW_MS

    def read(self) -> dict[str, Sample]:
        self.at_ms += 1000
        self.nvml.now_us = self.at_ms * 1000
        samples = self.sampler.read(self.at_ms, 1000)
        assert len({s.app for s in samples}) == len(samples)
        return {s.app: s for s in samples}


def test_processes_of_one_application_are_added_up_and_strangers_are_not(tmp_path: Path) -> None:
    for pid, app in ((1, "web"), (2, "web"), (3, "batch")):
        add_process(tmp_path, pid, environ={"FORETIDE_APP": app}, rss_pages=10)
    card = FakeCard(
        A100, [Running(1, 2 * GIB, sm=20), Running(2, 3 * GIB, sm=10, graphics=True), Running(3, GIB)], gpu_percent=30
    )
    samples = Host(tmp_path, card).read()
    assert set(samples) == {"web", "batch"}
    web, batch = samples["web"].values, samples["batch"].values
    assert web["gpu.sm_ratio"] == pytest.approx(0.3)
    assert web["gpu.memory_bytes"] == 5 * GIB
    assert batch["gpu.sm_ratio"] == 0.0, "listed, and NVML says that it used nothing"
    assert web["memory.rss_bytes"] == 20 * os.sysconf("SC_PAGE_SIZE")
    assert web["gpu.power_watts"] is None, "the card is shared: nobody knows whose power it is"
    assert samples["web"].resource == "host/gpu0"
    assert (samples["web"].at_ms, samples["web"].step_ms) == (NOW_MS + 1000, 1000)


def test_alone_on_a_card_an_application_has_the_cards_readings(tmp_path: Path) -> None:
    add_process(tmp_path, 1, environ={"FORETIDE_APP": "web"})
    values = Host(tmp_path, FakeCard(H100, [Running(1, GIB, sm=40)], gpu_percent=40)).read()["web"].values
    assert (values["gpu.power_watts"], values["gpu.temperature_celsius"]) == (71.0, 41.0)


def test_what_is_not_supported_is_missing_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for pid in (1, 2):
        add_process(tmp_path, pid, environ={"FORETIDE_APP": f"app{pid}"})
    host = Host(tmp_path, FakeCard(LAPTOP, [Running(1, None), Running(2, GIB)], gpu_percent=50, memory_used=3 * GIB))
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            samples = host.read()
    assert samples["app1"].values["gpu.sm_ratio"] is None
    assert samples["app1"].values["gpu.memory_bytes"] is None
    assert samples["app2"].values["gpu.memory_bytes"] == GIB
    assert len([r for r in caplog.records if "utilisation per process" in r.message]) == 1
    assert host.asker.failures == 0


def test_alone_the_cards_own_readings_stand_in_for_unsupported_ones(tmp_path: Path) -> None:
    add_process(tmp_path, 1, environ={"FORETIDE_APP": "game"})
    card = FakeCard(LAPTOP, [Running(1, None)], gpu_percent=50, memory_percent=20, memory_used=3 * GIB)
    values = Host(tmp_path, card).read()["game"].values
    assert (values["gpu.sm_ratio"], values["gpu.memory_bandwidth_ratio"]) == (0.5, 0.2)
    assert values["gpu.memory_bytes"] == 3 * GIB
    assert values["gpu.power_watts"] is None


def test_no_news_is_idle_only_if_the_card_is(tmp_path: Path) -> None:
    for pid in (1, 2):
        add_process(tmp_path, pid, environ={"FORETIDE_APP": f"app{pid}"})
    card = FakeCard(A100, [Running(1, GIB), Running(2, GIB)], gpu_percent=0)
    host = Host(tmp_path, card)
    assert [s.values["gpu.sm_ratio"] for s in host.read().values()] == [0.0, 0.0]
    card.gpu_percent = 60
    assert [s.values["gpu.sm_ratio"] for s in host.read().values()] == [None, None]


def test_mig_instances_are_devices_of_their_own(tmp_path: Path) -> None:
    for pid in (1, 2):
        add_process(tmp_path, pid, environ={"FORETIDE_APP": f"app{pid}"})
    instances = [Instance(7, [Running(1, GIB)]), None, Instance(9, [Running(2, 2 * GIB)])]
    samples = Host(tmp_path, FakeCard(A100, instances=instances)).read()
    assert {s.resource for s in samples.values()} == {"host/gpu0/mig7", "host/gpu0/mig9"}
    assert samples["app1"].values["gpu.sm_ratio"] is None
    assert samples["app1"].values["gpu.memory_bytes"] == GIB


def test_an_application_on_several_devices_has_a_name_per_device_that_stays(tmp_path: Path) -> None:
    for pid in (1, 2):
        add_process(tmp_path, pid, environ={"FORETIDE_APP": "big"})
    first, second = FakeCard(A100, [Running(1, GIB, sm=1)]), FakeCard(A100, [Running(2, 2 * GIB, sm=2)])
    host = Host(tmp_path, first, second)
    assert {a: s.resource for a, s in host.read().items()} == {"big": "host/gpu0", "big/1": "host/gpu1"}
    first.processes.clear()
    assert {a: s.resource for a, s in host.read().items()} == {"big/1": "host/gpu1"}
    second.processes.clear()
    host.read()
    second.processes.append(Running(2, GIB, sm=1))
    assert {a: s.resource for a, s in host.read().items()} == {"big": "host/gpu1"}


def test_cores_are_known_from_the_second_reading_on(tmp_path: Path) -> None:
    hertz = os.sysconf("SC_CLK_TCK")
    add_process(tmp_path, 1, environ={"FORETIDE_APP": "web"}, ticks=5 * hertz)
    host = Host(tmp_path, FakeCard(A100, [Running(1, GIB, sm=1)]))
    assert host.read()["web"].values["cpu.cores"] is None
    add_process(tmp_path, 1, environ={"FORETIDE_APP": "web"}, ticks=7 * hertz)
    assert host.read()["web"].values["cpu.cores"] == pytest.approx(2.0)
    add_process(tmp_path, 1, environ={"FORETIDE_APP": "web"}, ticks=hertz, started=999)
    assert host.read()["web"].values["cpu.cores"] is None, "another process under the same id"


def test_a_lost_card_harms_no_other(tmp_path: Path) -> None:
    for pid in (1, 2):
        add_process(tmp_path, pid, environ={"FORETIDE_APP": f"app{pid}"})
    first, second = FakeCard(A100, [Running(1, GIB, sm=5)]), FakeCard(A100, [Running(2, GIB, sm=5)])
    host = Host(tmp_path, first, second)
    assert set(host.read()) == {"app1", "app2"}
    first.lost = True
    assert set(host.read()) == {"app2"}
    assert host.asker.failures > 0
