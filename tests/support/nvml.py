"""An NVML that needs no GPU: the calls of `pynvml` the exporter uses, answered from data per card model.

`unsupported` lists what each model answers "Not Supported" to. That list is data to be corrected by recordings of real
cards; the shapes of the answers follow NVML's reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml

GIB = 1024**3


@dataclass(frozen=True)
class Model:
    """One card model: its name, memory, idle power, and the calls it does not support."""

    name: str
    memory_bytes: int
    power_milliwatts: int
    mig: bool
    unsupported: frozenset[str] = frozenset()


A100 = Model("NVIDIA A100-SXM4-80GB", 80 * GIB, 62_000, mig=True)
H100 = Model("NVIDIA H100 80GB HBM3", 80 * GIB - 500 * 1024**2, 71_000, mig=True)
T4 = Model(
    "Tesla T4",
    15 * GIB,
    9_000,
    mig=False,
    unsupported=frozenset({"nvmlDeviceGetMigMode", "nvmlDeviceGetMaxMigDeviceCount"}),
)
LAPTOP = Model(
    "NVIDIA GeForce RTX 3050 Laptop GPU",
    4 * GIB,
    0,
    mig=False,
    unsupported=frozenset(
        {
            "nvmlDeviceGetMigMode",
            "nvmlDeviceGetMaxMigDeviceCount",
            "nvmlDeviceGetPowerUsage",
            "nvmlDeviceGetProcessUtilization",
        }
    ),
)
MIG_INSTANCE_UNSUPPORTED = frozenset(
    {
        "nvmlDeviceGetUtilizationRates",
        "nvmlDeviceGetProcessUtilization",
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetTemperature",
    }
)


@dataclass
class Running:
    """A process on a device: memory (None: not told) and utilisation in per cent (None: unused since last time)."""

    pid: int
    memory: int | None
    sm: int | None = None
    graphics: bool = False


@dataclass
class Instance:
    """One MIG instance."""

    gpu_instance: int
    processes: list[Running] = field(default_factory=list)
    memory_used: int = 0
    unsupported: frozenset[str] = MIG_INSTANCE_UNSUPPORTED


@dataclass
class FakeCard:
    """One card as it is now."""

    model: Model
    processes: list[Running] = field(default_factory=list)
    gpu_percent: int = 0
    memory_percent: int = 0
    memory_used: int = 0
    instances: list[Instance | None] | None = None
    lost: bool = False

    @property
    def unsupported(self) -> frozenset[str]:
        return self.model.unsupported


class FakeNvml:
    """The part of the module `pynvml` that the exporter calls. `start_error` is an NVML code that `nvmlInit` raises."""

    NVMLError = pynvml.NVMLError

    def __init__(self, *cards: FakeCard, start_error: int | None = None) -> None:
        self.cards = list(cards)
        self.start_error = start_error
        self.now_us = 1_000_000_000
        self.started = 0

    def nvmlInit(self) -> None:
        if self.start_error is not None:
            raise pynvml.NVMLError(self.start_error)
        self.started += 1

    def nvmlShutdown(self) -> None:
        self.started -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:
        return self.cards[index]

    def nvmlDeviceGetName(self, handle: Any) -> str:
        return str(handle.model.name)

    def nvmlDeviceGetUUID(self, handle: Any) -> str:
        return f"GPU-{id(handle):x}"

    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any:
        self._check(handle, "nvmlDeviceGetMemoryInfo")
        total = handle.model.memory_bytes if isinstance(handle, FakeCard) else 10 * GIB
        return SimpleNamespace(total=total, used=handle.memory_used)

    def nvmlDeviceGetUtilizationRates(self, handle: Any) -> Any:
        self._check(handle, "nvmlDeviceGetUtilizationRates")
        return SimpleNamespace(gpu=handle.gpu_percent, memory=handle.memory_percent)

    def nvmlDeviceGetPowerUsage(self, handle: Any) -> int:
        self._check(handle, "nvmlDeviceGetPowerUsage")
        return int(handle.model.power_milliwatts)

    def nvmlDeviceGetTemperature(self, handle: Any, sensor: int) -> int:
        self._check(handle, "nvmlDeviceGetTemperature")
        return 41

    def nvmlDeviceGetComputeRunningProcesses(self, handle: Any) -> list[Any]:
        return self._running(handle, "nvmlDeviceGetComputeRunningProcesses", graphics=False)

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: Any) -> list[Any]:
        return self._running(handle, "nvmlDeviceGetGraphicsRunningProcesses", graphics=True)

    def nvmlDeviceGetProcessUtilization(self, handle: Any, last_seen: int) -> list[Any]:
        self._check(handle, "nvmlDeviceGetProcessUtilization")
        used = [p for p in handle.processes if p.sm is not None]
        if not used or self.now_us <= last_seen:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return [
            SimpleNamespace(pid=p.pid, timeStamp=self.now_us, smUtil=p.sm, memUtil=p.sm // 2, encUtil=0, decUtil=0)
            for p in used
        ]

    def nvmlDeviceGetMigMode(self, handle: Any) -> list[int]:
        self._check(handle, "nvmlDeviceGetMigMode")
        return [0, 0] if handle.instances is None else [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Any) -> int:
        self._check(handle, "nvmlDeviceGetMaxMigDeviceCount")
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: int) -> Any:
        if index >= len(handle.instances) or handle.instances[index] is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return handle.instances[index]

    def nvmlDeviceGetGpuInstanceId(self, handle: Any) -> int:
        return int(handle.gpu_instance)

    def _running(self, handle: Any, call: str, *, graphics: bool) -> list[Any]:
        self._check(handle, call)
        return [SimpleNamespace(pid=p.pid, usedGpuMemory=p.memory) for p in handle.processes if p.graphics is graphics]

    def _check(self, handle: Any, call: str) -> None:
        if getattr(handle, "lost", False):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        if call in handle.unsupported:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
