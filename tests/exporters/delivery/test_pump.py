"""Delivery: order, drops, and books that balance."""

from __future__ import annotations

import asyncio
import logging

import pytest

from foretide.exporters.delivery import Buffer, Delivery
from foretide.exporters.metrics import ExporterMetrics
from foretide.schemas.codec import parse
from foretide.schemas.messages import TelemetryWindow
from support.sending import FakeSender

pytestmark = pytest.mark.timeout(20)


def window(app: str, number: int, samples: int = 1) -> TelemetryWindow:
    return TelemetryWindow(
        app=app, resource="r", source="s", start_ms=number, step_ms=1, signals={"gpu.sm_ratio": [0.5] * samples}
    )


def delivery(sender: FakeSender, limit: int = 10) -> tuple[Delivery, ExporterMetrics]:
    metrics = ExporterMetrics()
    return Delivery(sender, Buffer(limit), metrics), metrics


def value(metrics: ExporterMetrics, name: str) -> float:
    found = metrics.registry.get_sample_value(name)
    assert found is not None
    return found


def arrived(sender: FakeSender) -> list[tuple[str, int]]:
    windows: list[TelemetryWindow] = [parse("telemetry.v1", v) for _, v in sender.log]
    return [(w.app, w.start_ms) for w in windows]


async def test_windows_arrive_in_order_and_are_counted_when_acknowledged() -> None:
    sender = FakeSender()
    pump, metrics = delivery(sender)
    pump.start()
    for n in range(5):
        pump.offer(window("a", n, samples=3))
    await pump.drained()
    assert arrived(sender) == [("a", n) for n in range(5)]
    assert sender.log[0][0] == b"a"
    assert (pump.counts.built, pump.counts.sent, pump.counts.samples_sent) == (5, 5, 15)
    assert value(metrics, "foretide_exporter_windows_sent_total") == 5
    assert value(metrics, "foretide_exporter_samples_sent_total") == 15
    assert value(metrics, "foretide_exporter_send_seconds_count") == 5
    assert await pump.close(1.0)
    assert sender.closed


async def test_while_the_broker_is_away_the_oldest_go_and_order_holds(caplog: pytest.LogCaptureFixture) -> None:
    sender = FakeSender(max_pending=2)
    sender.away = True
    pump, metrics = delivery(sender, limit=3)
    pump.start()
    with caplog.at_level(logging.WARNING):
        for n in range(20):
            pump.offer(window("a", n))
            await asyncio.sleep(0)
    assert pump.counts.dropped > 0
    assert value(metrics, "foretide_exporter_windows_dropped_total") == pump.counts.dropped
    assert len([r for r in caplog.records if "oldest" in r.message]) == 1, "the log is not flooded"
    sender.come_back()
    await pump.drained()
    numbers = [n for _, n in arrived(sender)]
    assert numbers == sorted(set(numbers))
    assert numbers[-3:] == [17, 18, 19], "the newest are kept"
    assert pump.counts.sent + pump.counts.dropped == pump.counts.built == 20
    assert await pump.close(1.0)


async def test_what_is_left_at_the_end_is_unsent() -> None:
    sender = FakeSender(max_pending=2)
    sender.away = True
    pump, _ = delivery(sender)
    pump.start()
    for n in range(6):
        pump.offer(window("a", n))
    for _ in range(10):
        await asyncio.sleep(0)
    assert pump.waiting == 6
    assert not await pump.close(0.1)
    assert (pump.counts.built, pump.counts.unsent, pump.counts.refused, pump.counts.sent) == (6, 6, 0, 0)


async def test_a_refused_window_is_counted_and_holds_up_nothing() -> None:
    sender = FakeSender()
    sender.refuse = {b"b"}
    pump, metrics = delivery(sender)
    pump.start()
    for app in "abc":
        pump.offer(window(app, 1))
    await pump.drained()
    assert arrived(sender) == [("a", 1), ("c", 1)]
    assert (pump.counts.sent, pump.counts.refused) == (2, 1)
    assert value(metrics, "foretide_exporter_windows_refused_total") == 1
    assert await pump.close(1.0)


async def test_a_source_that_can_wait_gets_room() -> None:
    sender = FakeSender(max_pending=1)
    sender.away = True
    pump, _ = delivery(sender, limit=2)
    pump.start()
    while pump.has_room:
        pump.offer(window("a", pump.counts.built))
        await asyncio.sleep(0)
    waiting = asyncio.create_task(pump.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    sender.come_back()
    await waiting
    assert pump.counts.dropped == 0
    await pump.drained()
    assert await pump.close(1.0)
