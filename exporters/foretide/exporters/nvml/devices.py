"""The devices of a host: whole cards, and the MIG instances of those that are cut."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from foretide.exporters.errors import SourceUnavailable
from foretide.exporters.nvml.ask import Asker
from foretide.exporters.nvml.library import NOT_FOUND, Handle, Nvml, code_of
from foretide.schemas.messages import ResourceReport
from foretide.schemas.slices import MIG_80GB
from foretide.schemas.units import GIB

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Device:
    """What applications run on: a card, or one MIG instance of it (`mig` is the GPU instance's id)."""

    resource: str
    handle: Handle
    model: str
    uuid: str
    mig: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A physical card: its own `device`, and the `instances` it is cut into (None: not cut)."""

    device: Device
    memory_bytes: int | None
    instances: tuple[Device, ...] | None

    @property
    def places(self) -> Sequence[Device]:
        """Where applications run on this card."""
        return (self.device,) if self.instances is None else self.instances


_GEOMETRIES: Final = ((re.compile(r"\b(?:A100|A800|H100|H800)\b"), 79 * GIB * 0.94, 81 * GIB, MIG_80GB.name),)
"""Model, least and most memory (drivers keep some of it for themselves), and the slicing rules that fit."""


def find_cards(nvml: Nvml, asker: Asker, source: str) -> list[Card]:
    """All cards NVML shows, named `<source>/gpu0` and so on; SourceUnavailable if there is none."""
    cards = []
    for index in range(asker.ask("nvml", "device count", nvml.nvmlDeviceGetCount) or 0):
        name = f"{source}/gpu{index}"
        handle = asker.ask(name, "handle", partial(nvml.nvmlDeviceGetHandleByIndex, index))
        if handle is None:
            continue
        model = _text(asker.ask(name, "name", partial(nvml.nvmlDeviceGetName, handle)))
        uuid = _text(asker.ask(name, "UUID", partial(nvml.nvmlDeviceGetUUID, handle)))
        memory = asker.ask(name, "memory", partial(nvml.nvmlDeviceGetMemoryInfo, handle))
        device = Device(name, handle, model, uuid)
        cards.append(Card(device, memory.total if memory else None, _instances(nvml, asker, device)))
    if not cards:
        raise SourceUnavailable("nvml", "NVML shows no device", "Check with nvidia-smi -L that this host has GPUs.")
    return cards


def reports(cards: Sequence[Card], host: str) -> list[ResourceReport]:
    """The cards whose slicing rules are known. Others are told of once in the log: no plan can be made for them."""
    known = []
    for card in cards:
        geometry = next(
            (
                name
                for model, least, most, name in _GEOMETRIES
                if model.search(card.device.model) and least <= (card.memory_bytes or 0) <= most
            ),
            None,
        )
        if geometry is None:
            device = card.device
            log.warning("%s (%s) has no known slice geometry; it is not announced", device.resource, device.model)
        else:
            known.append(ResourceReport(resource=card.device.resource, geometry=geometry, host=host))
    return known


def _instances(nvml: Nvml, asker: Asker, card: Device) -> tuple[Device, ...] | None:
    """The MIG instances of a card, or None if it is not in MIG mode."""
    mode = asker.ask(card.resource, "MIG mode", partial(nvml.nvmlDeviceGetMigMode, card.handle))
    if mode is None or mode[0] != 1:
        return None
    found = []
    most = asker.ask(card.resource, "MIG count", partial(nvml.nvmlDeviceGetMaxMigDeviceCount, card.handle))
    for index in range(most or 0):
        try:
            handle = nvml.nvmlDeviceGetMigDeviceHandleByIndex(card.handle, index)
        except nvml.NVMLError as e:
            if code_of(e) != NOT_FOUND:  # an index without an instance
                raise SourceUnavailable(
                    "nvml", f"the MIG instances of {card.resource} cannot be listed ({e})", "Run as root."
                ) from e
            continue
        instance = nvml.nvmlDeviceGetGpuInstanceId(handle)
        name = f"{card.resource}/mig{instance}"
        uuid = _text(asker.ask(name, "UUID", partial(nvml.nvmlDeviceGetUUID, handle)))
        found.append(Device(name, handle, card.model, uuid, instance))
    return tuple(found)


def _text(value: str | bytes | None) -> str:
    """Older versions of the library answer in bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value or "unknown"
