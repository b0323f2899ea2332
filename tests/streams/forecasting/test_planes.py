"""Planes of numbers are the same bytes in another order, and smaller when compressed."""

from __future__ import annotations

import cramjam
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.forecasting.planes import Planes, apart, joined
from foretide.streams.forecasting.record import record_of
from foretide.streams.forecasting.targets import Target


@given(st.binary(max_size=64), st.sampled_from([1, 2, 4, 8]))
def test_numbers_come_back(raw: bytes, width: int) -> None:
    whole = raw[: len(raw) // width * width]
    assert joined(apart(whole, width), width) == whole


def test_first_bytes_come_first() -> None:
    assert apart(b"aAbBcC", 2) == b"abcABC"


@pytest.mark.parametrize("targets", [[], [Target("peak", 5)], [Target("point", 1), Target("mean", 15)]])
def test_records_come_back(targets: list[Target]) -> None:
    record = record_of(targets, 60, 0)
    raw = np.random.default_rng(1).integers(0, 256, record.itemsize, dtype=np.uint8).tobytes()
    row, planes = np.frombuffer(raw, dtype=record)[0], Planes(record)
    kept = planes.apart(row)
    assert len(kept) == len(raw)
    assert planes.joined(kept).tobytes() == raw


@pytest.mark.parametrize("change", [b"", b"0" * 8])
def test_other_lengths_are_refused(change: bytes) -> None:
    record = record_of([Target("peak", 5)], 60, 0)
    planes = Planes(record)
    with pytest.raises(ValueError, match="bytes is needed"):
        planes.joined(planes.apart(np.zeros(1, dtype=record)[0])[:-1] + change)


def test_a_series_is_smaller_for_it() -> None:
    walk = (100.0 + np.random.default_rng(2).normal(size=2000).cumsum()).astype(np.float32).tobytes()
    assert len(cramjam.zstd.compress(apart(walk, 4), level=1)) < 0.9 * len(cramjam.zstd.compress(walk, level=1))
