"""The same worker on librdkafka's mock cluster, which needs Python packages only."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from foretide.deploy.broker import MockBroker
from foretide.schemas.kafka import topic_admin
from support.lab import Feeder, Lab, assert_exact


@pytest.mark.e2e
@pytest.mark.timeout(90)
async def test_two_workers_share_and_hand_over(own_mock: MockBroker, tmp_path: Path) -> None:
    kafka = own_mock.settings()
    await topic_admin.create(kafka)
    lab = Lab(kafka, tmp_path)
    try:
        first, second = lab.start(), lab.start()
        await lab.owned(first, second)
        feeder = Feeder(kafka, per_second=200)
        async with feeder.running():
            await feeder.more(300)
            first.signal(signal.SIGTERM)
            assert await first.ended(15) == 0
            await lab.owned(second)
            await feeder.more(100)
        assert await assert_exact(lab) >= 400
    finally:
        lab.stop_all()
