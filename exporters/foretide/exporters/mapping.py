"""Which signal a trace's column is, and in which unit. The built-in rules are data; `--map` goes before them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from foretide.exporters.errors import MappingError
from foretide.schemas.messages import Column
from foretide.schemas.signals import APP_PREFIX, CPU_CORES, GPU_MEMORY, RSS, SM_RATIO, STANDARD, is_known
from foretide.schemas.units import MIB

BYTES: Final = {
    "": 1.0, "b": 1.0, "bytes": 1.0, "kb": 1e3, "kib": 1024.0, "mb": 1e6, "mib": float(MIB),
    "gb": 1e9, "gib": 1024.0 * MIB, "tb": 1e12, "tib": 1024.0 * 1024.0 * MIB,
}  # fmt: skip
SHARE: Final = {"ratio": 1.0, "util": 1.0, "pct": 0.01, "percent": 0.01}
# One core counts as 1 GHz where a trace tells MHz: a convention, for a trace does not tell the clock of its cores.
CORES: Final = {
    "": 1.0, "cores": 1.0, "vcpus": 1.0, "milli": 1e-3, "millicores": 1e-3,
    "pct": 0.01, "percent": 0.01, "mhz": 1e-3, "ghz": 1.0,
}  # fmt: skip
RATE: Final = {
    "bytes_per_second": 1.0, "bytes_s": 1.0, "bs": 1.0, "kbs": 1e3, "kb_s": 1e3, "kibs": 1024.0, "kib_s": 1024.0,
    "mbs": 1e6, "mb_s": 1e6, "mibs": float(MIB), "mib_s": float(MIB),
}  # fmt: skip
WATTS: Final = {"watts": 1.0, "w": 1.0, "milliwatts": 1e-3, "mw": 1e-3}
CELSIUS: Final = {"celsius": 1.0, "c": 1.0}

RULES: Final[tuple[tuple[str, str, Mapping[str, float]], ...]] = (
    (r"gpu_(?:duty|sm|util|utilization|utilisation)", SM_RATIO, SHARE | {"": 0.01}),
    (r"gpu_(?:mem|memory)(?:_used)?", GPU_MEMORY, BYTES),
    (r"gpu_(?:mem|memory)_(?:bandwidth|bw)", "gpu.memory_bandwidth_ratio", SHARE),
    (r"gpu_enc(?:oder)?", "gpu.encoder_ratio", SHARE),
    (r"gpu_dec(?:oder)?", "gpu.decoder_ratio", SHARE),
    (r"gpu_power", "gpu.power_watts", WATTS | {"": 1.0}),
    (r"gpu_temp(?:erature)?", "gpu.temperature_celsius", CELSIUS | {"": 1.0}),
    (r"gpu_pcie_rx", "gpu.pcie_rx_bytes_per_second", RATE),
    (r"gpu_pcie_tx", "gpu.pcie_tx_bytes_per_second", RATE),
    (r"cpu_(?:used|usage)", CPU_CORES, CORES),
    (r"cpu", CPU_CORES, {k: v for k, v in CORES.items() if k in ("cores", "pct", "percent")}),
    (r"(?:host_)?(?:mem|memory)_(?:used|usage|rss)", RSS, BYTES),
    (r"(?:host_)?(?:mem|memory)", RSS, {k: v for k, v in BYTES.items() if k}),
    (r"rss", RSS, BYTES),
    (r"disk_(?:read|rd)", "disk.read_bytes_per_second", RATE),
    (r"disk_(?:write|wr)", "disk.write_bytes_per_second", RATE),
    (r"(?:net|network)_(?:rx|in|recv|receive)", "network.receive_bytes_per_second", RATE),
    (r"(?:net|network)_(?:tx|out|sent|transmit)", "network.transmit_bytes_per_second", RATE),
)
"""Name pattern, signal, and scale by the unit that ends the name; earlier rules win a signal over later ones."""

NOT_SIGNALS: Final = frozenset({"anomaly", "bin_s"})
"""Columns that describe a row rather than the application."""

_NAME_LIMIT: Final = 120


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The user's part of the mapping.

    `overrides` maps signals to the column and scale they come from (value = column x scale); `ignored` are columns to
    leave out. Without `standard` the built-in rules are not asked: what has no override is an `app.*` signal.
    """

    overrides: Mapping[str, Column] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    standard: bool = True

    @classmethod
    def from_options(cls, maps: Iterable[str] = (), ignored: Iterable[str] = ()) -> ColumnMapping:
        """From `--map SIGNAL=COLUMN[*SCALE]` and `--ignore COLUMN` options; MappingError for an unusable one."""
        overrides: dict[str, Column] = {}
        taken: dict[str, str] = {}
        for text in maps:
            signal, column = parse_map(text)
            if signal in overrides:
                raise MappingError(
                    f"--map {text}",
                    f"{signal} comes from the column {overrides[signal].name} already",
                    "Map one column to a signal.",
                )
            if column.name in taken:
                raise MappingError(
                    f"--map {text}", f"the column is mapped to {taken[column.name]} already", "Map a column once."
                )
            overrides[signal] = column
            taken[column.name] = signal
        return cls(overrides, frozenset(ignored))

    def resolve(self, columns: Iterable[str]) -> dict[str, tuple[str, float]]:
        """Signal and scale per column, in the columns' order; MappingError if an override names no column.

        Of two columns that the built-in rules would give one signal the stronger rule wins (the one closer to what is
        in use, as in cpu_used_mhz before cpu_pct), and the other becomes an `app.*` signal.
        """
        names = [c for c in columns if c not in self.ignored]
        for signal, column in self.overrides.items():
            if column.name not in names:
                raise MappingError(
                    f"--map {signal}={column.name}",
                    "the trace has no such column",
                    f"It has {', '.join(names) or 'none that holds numbers'}.",
                )
        chosen = {c.name: (signal, c.scale) for signal, c in self.overrides.items()}
        taken = set(self.overrides)
        candidates = sorted(
            (rank, place, name, signal, scale)
            for place, name in enumerate(names)
            if self.standard
            and name not in chosen
            and name not in NOT_SIGNALS
            and (found := standard_signal(name)) is not None
            for rank, signal, scale in (found,)
        )
        for _, _, name, signal, scale in candidates:
            if signal not in taken:
                chosen[name] = (signal, scale)
                taken.add(signal)
        for name in names:
            if name not in chosen and name not in NOT_SIGNALS:
                signal = _app_signal(name, taken)
                chosen[name] = (signal, 1.0)
                taken.add(signal)
        return {name: chosen[name] for name in names if name in chosen}


def parse_map(text: str) -> tuple[str, Column]:
    """`SIGNAL=COLUMN[*SCALE]` taken apart; MappingError names what is wrong with it."""
    signal, equals, rest = text.partition("=")
    signal, rest = signal.strip(), rest.strip()
    if not equals or not signal or not rest:
        raise MappingError(f"--map {text}", "it is not SIGNAL=COLUMN", "Write it like gpu.sm_ratio=duty*0.01.")
    if not is_known(signal) or not re.fullmatch(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_\-]+)+", signal):
        raise MappingError(
            f"--map {text}", f"{signal} is no signal", f"Use app.<name> or one of {', '.join(sorted(STANDARD))}."
        )
    name, star, factor = rest.rpartition("*")
    if not star:
        return signal, Column(name=rest, scale=1.0)
    try:
        scale = float(factor)
    except ValueError:
        scale = math.nan
    if not (math.isfinite(scale) and scale > 0) or not name.strip():
        raise MappingError(f"--map {text}", f"{factor!r} is no scale above 0", "Write it like gpu.sm_ratio=duty*0.01.")
    return signal, Column(name=name.strip(), scale=scale)


def standard_signal(column: str) -> tuple[int, str, float] | None:
    """Strength (lower is stronger), signal and scale that the built-in rules give a column; None: no standard one."""
    if column in STANDARD:
        return 0, column, 1.0
    name = column.strip().lower().replace(".", "_").replace("-", "_").replace(" ", "_")
    for standard in STANDARD:
        if name == standard.replace(".", "_"):
            return 0, standard, 1.0
    for rank, (pattern, signal, units) in enumerate(RULES, start=1):
        found = re.match(pattern + r"(?:_|$)", name)
        if found and name[found.end() :] in units and (name[found.end() :] or not name.endswith("_")):
            return rank, signal, units[name[found.end() :]]
    return None


def _app_signal(column: str, taken: set[str]) -> str:
    """A free `app.*` name for a column; characters that a signal name cannot hold become `_`."""
    bare = column.removeprefix(APP_PREFIX)
    base = APP_PREFIX + (re.sub(r"[^A-Za-z0-9_\-]", "_", bare) or "_")
    base = base[: _NAME_LIMIT - 6]
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name
