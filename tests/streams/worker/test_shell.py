"""The shell's decisions, with a broker that is a few lists: gaps, repeats, epochs, cold starts, release."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import orjson
import pytest

from foretide.schemas.dead_letters import TooManyDeadLetters
from foretide.streams.worker import shell as module
from foretide.streams.worker.envelope import CLAIM_KEY, Envelope, decode_envelope, encode_envelope
from foretide.streams.worker.settings import SnapshotSettings
from support.lab import until
from support.shell_scene import Scene

pytestmark = pytest.mark.timeout(10)


async def test_what_was_passed_over_is_read_again_in_order() -> None:
    scene = Scene()
    records = scene.fill(12)
    await scene.own()
    for raw in (records[0], records[1], records[9], records[5], records[10], records[11]):
        await scene.shell.take(raw)
    assert scene.core.counts == scene.truth(records)
    assert scene.predictions == [f"telemetry.v1/0/{n}" for n in range(12)]
    counts = scene.metrics.counts()
    assert (counts["reread"], counts["duplicates"], counts["lost"]) == (7, 1, 0)


async def test_a_hole_before_the_first_record_is_filled_too() -> None:
    scene = Scene()
    records = scene.fill(8)
    scene.source.committed = 3
    await scene.own()
    await scene.shell.take(records[6])
    assert scene.core.counts == scene.truth(records[3:7])


async def test_what_retention_deleted_is_told_and_passed(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    records = scene.fill(10)
    await scene.own()
    await scene.shell.take(records[0])
    scene.source.begin = 6
    await scene.shell.take(records[8])
    assert scene.core.counts == scene.truth([records[0], *records[6:9]])
    assert scene.metrics.counts()["lost"] == 5
    assert "5 records from offset 1 were deleted by retention" in caplog.text


async def test_a_release_interrupts_the_filling_of_a_gap() -> None:
    scene = Scene()
    records = scene.fill(6)
    scene.source.blocked = asyncio.Event()
    await scene.own()
    await scene.shell.take(records[0])
    taking = asyncio.create_task(scene.shell.take(records[5]))
    await asyncio.sleep(0)
    assert await scene.shell.release([0], 1.0)
    await taking
    assert scene.core.counts == scene.truth(records[:1])
    assert scene.shell.committable() == {0: 1}
    scene.shell.forget([0])
    assert scene.core.counts == {}
    assert scene.shell.committable() == {}


async def test_after_a_crash_snapshots_and_the_log_give_the_same_state() -> None:
    """Commit lags behind the snapshots: what they cover is not learned twice, nor answered twice."""
    first = Scene()
    records = first.fill(9)
    await first.own()
    for raw in records[:6]:
        await first.shell.take(raw)
    assert await first.shell.release([0], 1.0)
    second = _beside(first)
    await second.own(generation=2)
    for raw in records:
        await second.shell.take(raw)
    assert second.core.counts == second.truth(records)
    assert second.predictions == ["telemetry.v1/0/6", "telemetry.v1/0/7", "telemetry.v1/0/8"]
    assert second.metrics.counts()["duplicates"] == 6


def _beside(first: Scene) -> Scene:
    """A second worker on the same broker, where nothing was committed."""
    second = Scene()
    second.source.log = first.source.log
    second.changelog.values = [value for topic, _, value in first.outbox.sent if topic.endswith("changelog")]
    return second


@pytest.mark.parametrize(("generation", "seen", "epoch"), [(3, 0, 3), (3, 9, 10), (12, 9, 12)])
async def test_the_epoch_only_grows_and_is_claimed_before_anything_is_handled(
    generation: int, seen: int, epoch: int
) -> None:
    scene = Scene()
    if seen:
        scene.changelog.values = [encode_envelope(Envelope("count/1", CLAIM_KEY, 0, -1, seen, b""))]
    scene.outbox.held = True
    (record,) = scene.fill(1)
    scene.shell.assigned([0], generation)
    taking = asyncio.create_task(scene.shell.take(record))
    await until(lambda: bool(scene.outbox.sent), 5, "the claim", pause=0)
    topic, key, value = scene.outbox.sent[0]
    claim = decode_envelope(value)
    assert (topic, key, claim.epoch) == ("foretide-profile-snapshots-changelog", CLAIM_KEY, epoch)
    assert scene.predictions == []
    scene.outbox.held = False
    await taking
    assert orjson.loads(scene.outbox.sent[1][2])["epoch"] == epoch


async def test_a_partition_is_handled_while_the_next_one_is_still_being_read() -> None:
    scene = Scene()
    records = scene.fill(3)
    read = scene.changelog.blocked[1] = asyncio.Event()
    told: list[int] = []
    scene.shell.assigned([0, 1], 1, lambda: told.append(len(told)))
    first, second = scene.shell.partitions.values()
    await first.ready.wait()
    await scene.shell.take_all(records)
    assert scene.core.counts == scene.truth(records)
    assert (first.active, second.active, told, scene.shell.settled) == (True, False, [0], None)
    read.set()
    await second.ready.wait()
    assert (told, scene.shell.settled) == ([0, 1], ((0, 1), (1, 1)))


async def test_records_wait_between_batches_while_a_partition_is_still_being_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RESTORING_FIRST", 1e9)
    scene = Scene()
    records = scene.fill(3)
    read = scene.changelog.blocked[1] = asyncio.Event()
    scene.shell.assigned([0, 1], 1)
    await scene.shell.partitions[0].ready.wait()
    taking = asyncio.create_task(scene.shell.take_all(records))
    await until(lambda: scene.core.counts == scene.truth(records), 5, "the records", pause=0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not taking.done()
    read.set()
    await taking


async def test_another_format_starts_anew_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.changelog.values = [encode_envelope(Envelope("count/0", "app-0", 0, 40, 1, b"other"))]
    records = scene.fill(1)
    await scene.own()
    await scene.shell.take(records[0])
    assert scene.core.counts == scene.truth(records)
    assert scene.metrics.counts()["snapshots_refused"] == 1
    assert "app-0: the snapshot has format count/0, this build reads count/1" in caplog.text


async def test_too_many_dead_letters_stop_the_intake_and_leave_the_state_sound() -> None:
    scene = Scene(limit=2)
    records = [*scene.fill(1), *(scene.source.add("app-0", b"?") for _ in range(4))]
    await scene.own()
    for raw in records:
        await scene.shell.take(raw)
    assert [type(f) for f in scene.failures] == [TooManyDeadLetters]
    assert scene.metrics.counts()["dead_letters"] == 3
    assert await scene.shell.release([0], 1.0)
    assert scene.shell.committable() == {0: 4}  # the fifth record was not touched


async def test_a_key_being_rebuilt_is_not_snapshotted() -> None:
    scene = Scene()
    records = [*scene.fill(1), scene.source.add("app-0", b'{"n": 1, "boom": true}')]
    await scene.own()
    await scene.shell.take(records[0])
    scene.source.blocked = asyncio.Event()
    taking = asyncio.create_task(scene.shell.take(records[1]))
    await until(lambda: scene.shell.partitions[0].broken == {"app-0"}, 5, "the fault", pause=0)
    assert await scene.shell.release([0], 1.0)
    await taking
    assert scene.metrics.counts()["snapshots"] == 0
    assert scene.shell.committable() == {0: 0}


async def test_snapshots_of_many_changed_keys_are_spread_over_the_cadence() -> None:
    scene = Scene()
    await scene.own()
    keys = 60
    await scene.shell.take_all([scene.source.add(f"key-{i:03d}", b'{"n": 1}') for i in range(keys)])
    cadence, written = SnapshotSettings().cadence, []
    for tick in range(11):
        scene.shell.snapshot_due(tick * cadence / 10)
        written.append(scene.metrics.counts()["snapshots"])
    assert written[0] == 0
    # A tenth of the cadence, a tenth of the keys at most; none waits longer than the cadence.
    assert 3 <= min(b - a for a, b in pairwise(written[:-1])) <= max(b - a for a, b in pairwise(written[:-1])) <= 6
    assert written[-1] == keys
