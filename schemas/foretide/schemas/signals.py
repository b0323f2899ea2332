"""The vocabulary of signals: the names telemetry uses, with unit and bounds.

Any `app.*` name is allowed beside these: what the application itself publishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["ratio", "bytes", "watts", "cores", "bytes_per_second", "celsius", "count", "custom"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One standard signal: its `name`, `unit`, an upper bound if physics gives one, and what it means."""

    name: str
    unit: Unit
    maximum: float | None
    meaning: str


SM_RATIO: Final = "gpu.sm_ratio"
GPU_MEMORY: Final = "gpu.memory_bytes"
CPU_CORES: Final = "cpu.cores"
RSS: Final = "memory.rss_bytes"
APP_PREFIX: Final = "app."

STANDARD: Final[dict[str, Signal]] = {
    s.name: s
    for s in (
        Signal(SM_RATIO, "ratio", 1.0, "share of the whole device's compute in use"),
        Signal(GPU_MEMORY, "bytes", None, "device memory in use"),
        Signal("gpu.memory_bandwidth_ratio", "ratio", 1.0, "share of the device's memory bandwidth in use"),
        Signal("gpu.encoder_ratio", "ratio", 1.0, "share of the video encoder in use"),
        Signal("gpu.decoder_ratio", "ratio", 1.0, "share of the video decoder in use"),
        Signal("gpu.power_watts", "watts", None, "power drawn by the device"),
        Signal("gpu.temperature_celsius", "celsius", None, "device temperature"),
        Signal("gpu.pcie_rx_bytes_per_second", "bytes_per_second", None, "PCIe traffic into the device"),
        Signal("gpu.pcie_tx_bytes_per_second", "bytes_per_second", None, "PCIe traffic out of the device"),
        Signal(CPU_CORES, "cores", None, "processor cores in use"),
        Signal(RSS, "bytes", None, "host memory in use"),
        Signal("disk.read_bytes_per_second", "bytes_per_second", None, "disk reads"),
        Signal("disk.write_bytes_per_second", "bytes_per_second", None, "disk writes"),
        Signal("network.receive_bytes_per_second", "bytes_per_second", None, "network traffic in"),
        Signal("network.transmit_bytes_per_second", "bytes_per_second", None, "network traffic out"),
    )
}

SIZED: Final = (SM_RATIO, GPU_MEMORY)
"""The signals that decide a GPU slice: compute and memory."""


def is_known(name: str) -> bool:
    """Whether `name` is a standard signal or one the application publishes (`app.*`)."""
    return name in STANDARD or name.startswith(APP_PREFIX)


def upper_bound(name: str) -> float | None:
    """The largest value the signal can take, or None where physics gives no bound."""
    signal = STANDARD.get(name)
    return signal.maximum if signal else None
