"""The live source: this host's GPUs, read at every step."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from foretide.exporters.nvml.ask import Asker
from foretide.exporters.nvml.devices import Card, find_cards, reports
from foretide.exporters.nvml.library import Nvml, start
from foretide.exporters.nvml.processes import ProcessTable
from foretide.exporters.nvml.sampler import Sampler
from foretide.exporters.pacing import Pacer
from foretide.exporters.samples import Tick
from foretide.exporters.sources.recorded import wall_ms
from foretide.schemas.messages import ResourceReport

log = logging.getLogger(__name__)

_DRIFT_STEPS = 2
"""When event time has departed from the wall clock by so many steps, it is set anew."""


class NvmlSource:
    """Reads every `step_seconds`, in a thread, for a driver may take its time.

    Samples carry the time they were due, so that windows are regular; a reading that could not be made in time is left
    out. Making one starts NVML: SourceUnavailable says what the host lacks.
    """

    kind = "nvml"
    live = True

    def __init__(
        self,
        nvml: Nvml,
        source: str,
        *,
        step_seconds: float = 1.0,
        announced: Sequence[ResourceReport] | None = None,
        proc: Path = Path("/proc"),
        wall: Callable[[], int] = wall_ms,
    ) -> None:
        start(nvml)
        self._nvml = nvml
        self._step_ms = max(1, round(step_seconds * 1000))
        self._wall = wall
        asker = Asker(nvml)
        try:
            self.cards: list[Card] = find_cards(nvml, asker, source)
        except Exception:
            nvml.nvmlShutdown()
            raise
        self._resources = reports(self.cards, source) if announced is None else list(announced)
        self._sampler = Sampler(nvml, asker, self.cards, ProcessTable(source, proc))

    def resources(self) -> Sequence[ResourceReport]:
        """The cards with known slicing rules, or those announced in their stead."""
        return self._resources

    async def ticks(self, pacer: Pacer, ending: asyncio.Event) -> AsyncGenerator[Tick, None]:
        """One tick a step, until `ending`."""
        step = self._step_ms / 1000.0
        first_ms, started = self._wall(), pacer.now()
        number = 0
        while await pacer.until(started + number * step, ending):
            at_ms = first_ms + number * self._step_ms
            if abs(self._wall() - at_ms) > max(2000, _DRIFT_STEPS * self._step_ms):
                log.warning("the wall clock was changed, or the host slept: samples go on at the new time")
                first_ms, started, number = self._wall(), pacer.now(), 0
                at_ms = first_ms
            samples = await asyncio.to_thread(self._sampler.read, at_ms, self._step_ms)
            yield Tick(at_ms, samples)
            # A slow reading makes the next one late, never two at once.
            number = max(number + 1, int((pacer.now() - started) / step))

    def close(self) -> None:
        """Shut NVML down."""
        self._nvml.nvmlShutdown()
