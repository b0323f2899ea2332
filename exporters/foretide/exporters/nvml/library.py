"""NVML behind a small interface, and its start with errors that tell the remedy.

The interface is the part of the module `pynvml` (package nvidia-ml-py) that is used here; the module itself fits it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Final, Protocol, cast

from foretide.exporters.errors import SourceUnavailable

NOT_SUPPORTED: Final = 3
NO_PERMISSION: Final = 4
NOT_FOUND: Final = 6
DRIVER_NOT_LOADED: Final = 9
LIBRARY_NOT_FOUND: Final = 12
VERSION_MISMATCH: Final = 18

Handle = Any


class MemoryInfo(Protocol):
    """Bytes of a device's memory."""

    total: int
    used: int


class Utilization(Protocol):
    """Per cent of the time since the last reading."""

    gpu: int
    memory: int


class RunningProcess(Protocol):
    """A process on a device; `usedGpuMemory` is None where the driver does not tell."""

    pid: int
    usedGpuMemory: int | None


class ProcessUtilization(Protocol):
    """What one process used of a device: per cent, at a time in microseconds."""

    pid: int
    timeStamp: int
    smUtil: int
    memUtil: int
    encUtil: int
    decUtil: int


class Nvml(Protocol):
    """The calls used. Each may raise `NVMLError`, whose `value` is NVML's code."""

    NVMLError: type[Exception]

    def nvmlInit(self) -> None: ...
    def nvmlShutdown(self) -> None: ...
    def nvmlDeviceGetCount(self) -> int: ...
    def nvmlDeviceGetHandleByIndex(self, index: int) -> Handle: ...
    def nvmlDeviceGetName(self, handle: Handle) -> str | bytes: ...
    def nvmlDeviceGetUUID(self, handle: Handle) -> str | bytes: ...
    def nvmlDeviceGetMemoryInfo(self, handle: Handle) -> MemoryInfo: ...
    def nvmlDeviceGetUtilizationRates(self, handle: Handle) -> Utilization: ...
    def nvmlDeviceGetPowerUsage(self, handle: Handle) -> int: ...
    def nvmlDeviceGetTemperature(self, handle: Handle, sensor: int) -> int: ...
    def nvmlDeviceGetComputeRunningProcesses(self, handle: Handle) -> Sequence[RunningProcess]: ...
    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: Handle) -> Sequence[RunningProcess]: ...
    def nvmlDeviceGetProcessUtilization(self, handle: Handle, last_seen: int) -> Sequence[ProcessUtilization]: ...
    def nvmlDeviceGetMigMode(self, handle: Handle) -> Sequence[int]: ...
    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Handle) -> int: ...
    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Handle, index: int) -> Handle: ...
    def nvmlDeviceGetGpuInstanceId(self, handle: Handle) -> int: ...


def code_of(error: BaseException) -> int | None:
    """NVML's code of an NVMLError."""
    value = getattr(error, "value", None)
    return value if isinstance(value, int) else None


def load() -> Nvml:
    """The module `pynvml`; SourceUnavailable if the package is not installed."""
    try:
        return cast(Nvml, importlib.import_module("pynvml"))
    except ImportError as e:
        raise SourceUnavailable(
            "nvml", "the Python package nvidia-ml-py is missing", "Install it with: pip install 'foretide[exporter]'."
        ) from e


def start(nvml: Nvml) -> None:
    """Initialise NVML; SourceUnavailable says what this host lacks."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as e:
        reason, remedy = _START_ERRORS.get(
            code_of(e) or -1, (f"NVML does not start ({e})", "Check the driver with nvidia-smi.")
        )
        raise SourceUnavailable("nvml", reason, remedy) from e


_START_ERRORS: Final = {
    LIBRARY_NOT_FOUND: (
        "the NVIDIA driver's library libnvidia-ml.so.1 is not on this host",
        "Install the NVIDIA driver; in a container, use NVIDIA's container runtime with the capability utility.",
    ),
    DRIVER_NOT_LOADED: (
        "the NVIDIA driver is not loaded",
        "Load its kernel module (modprobe nvidia) and check with nvidia-smi.",
    ),
    NO_PERMISSION: (
        "this user may not use the NVIDIA devices",
        "Give the user access to /dev/nvidia* (often the group video), or run as root.",
    ),
    VERSION_MISMATCH: (
        "the NVIDIA driver and its library have different versions",
        "Restart the host, or reload the driver, after a driver update.",
    ),
}
