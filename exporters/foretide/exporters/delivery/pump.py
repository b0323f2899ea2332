"""Sends what the buffer holds, in order, and keeps exact books of what became of every window."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from foretide.exporters.delivery.buffer import Buffer, Packet
from foretide.exporters.metrics import ExporterMetrics
from foretide.exporters.throttle import Throttle
from foretide.schemas.codec import encode
from foretide.schemas.errors import BrokerError
from foretide.schemas.kafka.sender import Delivered
from foretide.schemas.messages import TelemetryWindow
from foretide.schemas.topics import TELEMETRY

log = logging.getLogger(__name__)

_ACCEPT_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = 0.5


class SenderLike(Protocol):
    """What the pump needs of foretide.schemas.kafka.sender.Sender: order kept, retried until taken or refused."""

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, *, timeout_seconds: float = 30.0
    ) -> asyncio.Future[Delivered]: ...

    async def close(self, timeout_seconds: float) -> bool: ...


@dataclass(slots=True)
class Counts:
    """What became of the windows: `built` = sent + dropped + refused + unsent + those still on their way."""

    built: int = 0
    sent: int = 0
    samples_sent: int = 0
    dropped: int = 0
    """Pushed out of the full buffer while the broker was away."""
    refused: int = 0
    """Not taken by the broker, for good: too large, or access was withdrawn."""
    unsent: int = 0
    """Not acknowledged when the exporter ended; some may have arrived all the same."""


class Delivery:
    """Takes windows without ever waiting, and sends them in the background."""

    def __init__(
        self,
        sender: SenderLike,
        buffer: Buffer,
        metrics: ExporterMetrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts = Counts()
        self._sender = sender
        self._buffer = buffer
        self._metrics = metrics
        self._clock = clock
        self._closing = False
        self._on_the_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._say_dropped = Throttle(log, clock=clock)
        self._say_refused = Throttle(log, clock=clock)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run(), name="delivery")

    def offer(self, window: TelemetryWindow) -> None:
        """Take a window. If the buffer is full its oldest is dropped, counted and reported."""
        self.counts.built += 1
        self._idle.clear()
        pushed_out = self._buffer.put(Packet(window.app.encode(), encode(window), window.samples))
        if pushed_out is not None:
            self.counts.dropped += 1
            self._metrics.dropped.inc()
            self._say_dropped.warning(
                "the broker does not take windows: the buffer of %d is full, %d of the oldest were dropped so far",
                self._buffer.limit,
                self.counts.dropped,
            )

    @property
    def has_room(self) -> bool:
        """Whether the next window will push none out."""
        return len(self._buffer) < self._buffer.limit

    async def room(self) -> None:
        """Wait until the buffer is half empty: for sources that need not lose anything."""
        await self._buffer.room()

    @property
    def waiting(self) -> int:
        """Windows in the buffer and on their way."""
        return len(self._buffer) + self._on_the_way

    async def drained(self) -> None:
        """Wait until every window offered so far is settled."""
        await self._idle.wait()

    async def close(self, limit_seconds: float) -> bool:
        """Stop within about `limit_seconds`; whether every window was settled.

        What the broker has not acknowledged by then counts as unsent.
        """
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self.counts.unsent += self._buffer.clear()
        await self._sender.close(limit_seconds)
        self.counts.unsent += self._on_the_way
        self._on_the_way = 0
        if self.counts.unsent:
            log.warning("%d windows were not acknowledged before the end", self.counts.unsent)
        return self.counts.unsent == 0

    async def _run(self) -> None:
        while True:
            packet = await self._buffer.get()
            self._on_the_way += 1
            await self._hand_over(packet)

    async def _hand_over(self, packet: Packet) -> None:
        """Give one packet to the sender, as often as it takes until that has room."""
        while True:
            try:
                future = await self._sender.send_raw(
                    TELEMETRY, packet.key, packet.value, timeout_seconds=_ACCEPT_SECONDS
                )
            except BrokerError as e:
                self._say_refused.warning("waiting to send: %s", e)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                future.add_done_callback(partial(self._settled, packet, self._clock()))
                return

    def _settled(self, packet: Packet, accepted: float, future: asyncio.Future[Delivered]) -> None:
        if self._closing and (future.cancelled() or future.exception() is not None):
            return  # still on its way: `close` counts it as unsent
        self._on_the_way -= 1
        if future.cancelled() or (error := future.exception()) is not None:
            self.counts.refused += 1
            self._metrics.refused.inc()
            self._say_refused.warning("a window was refused (%d so far): %s", self.counts.refused, error)
        else:
            self.counts.sent += 1
            self.counts.samples_sent += packet.samples
            self._metrics.acknowledged(packet.samples, self._clock() - accepted)
        if self.waiting == 0:
            self._idle.set()
