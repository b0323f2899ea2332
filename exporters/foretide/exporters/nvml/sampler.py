"""One reading of all devices: the samples of the applications that run on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from foretide.exporters.nvml.ask import Asker
from foretide.exporters.nvml.devices import Card, Device
from foretide.exporters.nvml.library import NOT_FOUND, Nvml, ProcessUtilization
from foretide.exporters.nvml.processes import HostUse, ProcessTable
from foretide.exporters.samples import Sample
from foretide.schemas.signals import CPU_CORES, GPU_MEMORY, RSS, SM_RATIO

_SHARES: Final = (
    (SM_RATIO, "smUtil"),
    ("gpu.memory_bandwidth_ratio", "memUtil"),
    ("gpu.encoder_ratio", "encUtil"),
    ("gpu.decoder_ratio", "decUtil"),
)
_FIRST_LOOK_BACK_US: Final = 1_000_000

T = TypeVar("T")
Shares = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    app: str
    memory: int | None


class Sampler:
    """Reads the cards again and again. Not safe for use by several threads at once.

    Processes of one application on one device are added up; a sum with an unknown part is unknown. An application on
    several devices at once is published once per device: `name`, `name/1`, ... Readings that NVML has for a device only
    (power, temperature) belong to an application if it has the device for itself, and are unknown otherwise.
    """

    def __init__(self, nvml: Nvml, asker: Asker, cards: Sequence[Card], table: ProcessTable) -> None:
        self._nvml = nvml
        self._asker = asker
        self._devices: list[Device] = [place for card in cards for place in card.places]
        self._table = table
        self._last_seen: dict[str, int] = {}
        self._cpu: dict[int, tuple[int, int, float]] = {}
        self._ranks: dict[tuple[str, str], int] = {}

    def read(self, at_ms: int, step_ms: int) -> list[Sample]:
        """The samples of all applications now, stamped `at_ms`."""
        found: list[tuple[Device, list[_Process]]] = []
        uses: dict[int, HostUse | None] = {}
        for device in self._devices:
            found.append((device, self._processes(device, uses)))
        cores = self._cores(uses, at_ms)
        self._table.forget_all_but(set(uses))
        self._rank({(p.app, device.resource) for device, processes in found for p in processes})
        samples = []
        for device, processes in found:
            apps = sorted({p.app for p in processes})
            if not apps:
                continue
            shares = self._shares(device, [p.pid for p in processes], at_ms)
            for app in apps:
                own = [p for p in processes if p.app == app]
                values = self._values(device, own, shares, alone=len(apps) == 1)
                values[CPU_CORES] = _sum(cores.get(p.pid) for p in own)
                values[RSS] = _sum(use.rss_bytes if (use := uses[p.pid]) else None for p in own)
                rank = self._ranks[app, device.resource]
                samples.append(Sample(f"{app}/{rank}" if rank else app, device.resource, at_ms, step_ms, values))
        return samples

    def _processes(self, device: Device, uses: dict[int, HostUse | None]) -> list[_Process]:
        nvml, found = self._nvml, {}
        for what, call in (
            ("compute processes", nvml.nvmlDeviceGetComputeRunningProcesses),
            ("graphics processes", nvml.nvmlDeviceGetGraphicsRunningProcesses),
        ):
            for running in self._ask(device, what, call) or ():
                found[running.pid] = running.usedGpuMemory
        processes = []
        for pid, memory in sorted(found.items()):
            if pid not in uses:
                uses[pid] = self._table.use(pid)
            use = uses[pid]
            processes.append(_Process(pid, self._table.name(pid, use.started if use else None), memory))
        return processes

    def _shares(self, device: Device, pids: Sequence[int], at_ms: int) -> dict[int, Shares] | None:
        """Per process the mean of its utilisation since the last call; None if the device does not tell.

        NVML lists only processes that used the device: one that is missing used none of it.
        """
        last = self._last_seen.get(device.resource, at_ms * 1000 - _FIRST_LOOK_BACK_US)
        readings, code = self._asker.ask_code(
            device.resource,
            "utilisation per process",
            lambda: self._nvml.nvmlDeviceGetProcessUtilization(device.handle, last),
            expected=(NOT_FOUND,),
        )
        if code == NOT_FOUND:
            # Nothing new: truly idle only if the device says so as well.
            rates = self._ask(device, "utilisation", self._nvml.nvmlDeviceGetUtilizationRates)
            readings = () if rates is not None and rates.gpu == 0 else None
        if readings is None:
            return None
        fresh = [r for r in readings if r.timeStamp > last]
        self._last_seen[device.resource] = max((r.timeStamp for r in fresh), default=last)
        return {pid: _means([r for r in fresh if r.pid == pid]) for pid in pids}

    def _values(
        self, device: Device, own: Sequence[_Process], shares: dict[int, Shares] | None, *, alone: bool
    ) -> dict[str, float | None]:
        """The device's part of an application's readings."""
        nvml = self._nvml
        values: dict[str, float | None] = {}
        for signal, _ in _SHARES:
            total = None if shares is None else _sum(shares[p.pid][signal] for p in own)
            values[signal] = None if total is None else min(1.0, total)
        values[GPU_MEMORY] = _sum(p.memory for p in own)
        values["gpu.power_watts"] = values["gpu.temperature_celsius"] = None
        if not alone:
            return values
        if shares is None and (rates := self._ask(device, "utilisation", nvml.nvmlDeviceGetUtilizationRates)):
            values[SM_RATIO] = rates.gpu / 100.0
            values["gpu.memory_bandwidth_ratio"] = rates.memory / 100.0
        if values[GPU_MEMORY] is None and (memory := self._ask(device, "memory", nvml.nvmlDeviceGetMemoryInfo)):
            values[GPU_MEMORY] = float(memory.used)
        if device.mig is None:
            power = self._ask(device, "power", nvml.nvmlDeviceGetPowerUsage)
            values["gpu.power_watts"] = None if power is None else power / 1000.0
            heat = self._ask(device, "temperature", lambda h: nvml.nvmlDeviceGetTemperature(h, 0))
            values["gpu.temperature_celsius"] = None if heat is None else float(heat)
        return values

    def _cores(self, uses: dict[int, HostUse | None], at_ms: int) -> dict[int, float]:
        """Cores in use per process since the last reading; none for a process seen for the first time."""
        cores, now = {}, {}
        for pid, use in uses.items():
            if use is None:
                continue
            before = self._cpu.get(pid)
            if before is not None and before[0] == use.started and at_ms > before[1]:
                cores[pid] = max(0.0, (use.cpu_seconds - before[2]) * 1000.0 / (at_ms - before[1]))
            now[pid] = (use.started, at_ms, use.cpu_seconds)
        self._cpu = now
        return cores

    def _rank(self, present: set[tuple[str, str]]) -> None:
        """Number each application's devices. A number stays with its device as long as the application is on it."""
        self._ranks = {pair: rank for pair, rank in self._ranks.items() if pair in present}
        for app, resource in sorted(present - self._ranks.keys()):
            taken = {rank for (other, _), rank in self._ranks.items() if other == app}
            self._ranks[app, resource] = next(n for n in range(len(taken) + 1) if n not in taken)

    def _ask(self, device: Device, what: str, call: Callable[[object], T]) -> T | None:
        return self._asker.ask(device.resource, what, lambda: call(device.handle))


def _means(readings: Sequence[ProcessUtilization]) -> Shares:
    """The mean of a process's readings, as shares; 0 of no readings."""
    return {
        signal: sum(getattr(r, name) for r in readings) / len(readings) / 100.0 if readings else 0.0
        for signal, name in _SHARES
    }


def _sum(parts: Iterable[float | None]) -> float | None:
    """The sum; None if a part is unknown."""
    total = 0.0
    for part in parts:
        if part is None:
            return None
        total += part
    return total
