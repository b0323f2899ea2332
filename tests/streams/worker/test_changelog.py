"""Which snapshot of a key is trusted."""

from __future__ import annotations

import pytest

from foretide.streams.worker.changelog import Snapshots
from foretide.streams.worker.envelope import CLAIM_KEY, Envelope, encode_envelope


def snapshot(epoch: int, last_offset: int, payload: bytes = b"", key: str = "app") -> bytes:
    return encode_envelope(Envelope("f/1", key, 0, last_offset, epoch, payload))


def test_a_late_snapshot_of_an_earlier_owner_does_not_count() -> None:
    found = Snapshots()
    found.add("0", snapshot(5, 100, b"owner"))
    found.add("1", snapshot(4, 180, b"late"))
    assert found.by_key["app"].payload == b"owner"
    assert found.highest_epoch == 5


def test_the_newest_of_one_owner_counts() -> None:
    found = Snapshots()
    found.add("0", snapshot(5, 100, b"old"))
    found.add("1", snapshot(5, 120, b"new"))
    assert found.by_key["app"].payload == b"new"


def test_a_claim_raises_the_epoch_and_is_no_state() -> None:
    found = Snapshots()
    found.add("0", snapshot(9, -1, key=CLAIM_KEY))
    assert found.highest_epoch == 9
    assert found.by_key == {}


def test_a_damaged_one_is_counted_and_the_one_before_it_stays(caplog: pytest.LogCaptureFixture) -> None:
    found = Snapshots()
    found.add("changelog/0/0", snapshot(5, 100, b"sound"))
    found.add("changelog/0/1", snapshot(5, 120, b"damaged")[:-1] + b"?")
    found.add("changelog/0/2", None)
    assert found.by_key["app"].payload == b"sound"
    assert found.unreadable == 1
    assert "changelog/0/1: unreadable snapshot: its checksum does not match" in caplog.text
