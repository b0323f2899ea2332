"""Rows of a source: which series gave them, and what became of the others."""

from __future__ import annotations

from array import array

import numpy as np

from foretide.deploy.fleet.choosing import ALL, EVERY_OTHER, SHORTEST, takes
from foretide.deploy.fleet.gathering import gather, joined
from foretide.deploy.fleet.sources import Series, Source
from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.file import SourceNote


def one(app: str, signal: str, values: list[float]) -> Series:
    return Series(app, signal, array("q", range(0, 60_000 * len(values), 60_000)), array("d", values))


def source() -> Source:
    """Ten applications of 100 samples, and two that teach nothing."""
    draw = np.random.default_rng(1)
    good = [one(f"pod-{i}", "duty", draw.normal(10, 2, 100).tolist()) for i in range(10)]
    series = [one("still", "memory", [5.0] * 100), *good, one("new", "queue", [1.0, 2.0] * (SHORTEST // 4))]
    return Source("pods", len(series), iter(series), frozenset({"duty", "memory", "queue"}), unreadable=2)


def test_series_that_teach_nothing_are_left_out_and_counted() -> None:
    told: list[tuple[int, int]] = []
    found, parts = gather(source(), ALL, 30, 0, lambda *progress: told.append(progress))
    assert (found.source, found.series, found.rows, found.left) == ("pods", 10, 300, 0)
    assert (found.short, found.constant, found.unreadable) == (1, 1, 2)
    assert found.note == SourceNote(series=10, rows=300, share=ALL, signals=("duty",))
    assert told == [(n, 12) for n in range(1, 13)]
    rows = joined(parts)
    assert rows.inputs.shape == (300, FEATURES)
    assert len(rows.targets) == 300


def test_half_is_left_for_testing_and_the_other_half_is_the_same_as_of_all() -> None:
    found, parts = gather(source(), EVERY_OTHER, 30, 0, lambda *progress: None)
    taken = [i for i in range(10) if takes("pods", f"pod-{i}", EVERY_OTHER)]
    assert 0 < len(taken) < 10
    assert (found.series, found.left, found.rows) == (len(taken), 10 - len(taken), 30 * len(taken))
    _, whole = gather(source(), ALL, 30, 0, lambda *progress: None)
    for part, i in zip(parts, taken, strict=True):
        np.testing.assert_array_equal(part.inputs, whole[i].inputs)
