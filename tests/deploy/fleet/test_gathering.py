"""Rows of a source: which series gave them, and what became of the others."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

from foretide.deploy.fleet import gathering
from foretide.deploy.fleet.choosing import ALL, EVERY_OTHER, SHORTEST, takes
from foretide.deploy.fleet.gathering import Drawing, gather, joined
from foretide.deploy.fleet.sources import Series, Source, open_families
from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.file import SourceNote
from foretide.streams.fleet.rows import Rows


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
    found, parts = gather(source(), ALL, Drawing(30, variants=False), 0, lambda *progress: told.append(progress))
    assert (found.source, found.series, found.rows, found.left) == ("pods", 10, 300, 0)
    assert (found.short, found.constant, found.unreadable) == (1, 1, 2)
    assert found.note == SourceNote(series=10, rows=300, share=ALL, signals=("duty",))
    assert told == [(12, 12)]
    rows = joined(parts)
    assert rows.inputs.shape == (300, FEATURES)
    assert len(rows.targets) == 300


def test_series_beyond_a_group_make_another_and_its_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _, [whole] = gather(source(), ALL, Drawing(30, variants=False), 0, lambda *progress: None)
    monkeypatch.setattr(gathering, "SIDE_BY_SIDE", 4)
    told: list[tuple[int, int]] = []
    found, parts = gather(source(), ALL, Drawing(30, variants=False), 0, lambda *progress: told.append(progress))
    assert [len(part.inputs) for part in parts] == [120, 120, 60]
    assert told == [(5, 12), (9, 12), (12, 12)]
    assert found.rows == 300
    assert ordered(joined(parts)) == ordered(whole), "what a series gives does not depend on those beside it"


def test_half_is_left_for_testing_and_the_other_half_is_the_same_as_of_all() -> None:
    found, parts = gather(source(), EVERY_OTHER, Drawing(30), 0, lambda *progress: None)
    taken = [i for i in range(10) if takes("pods", f"pod-{i}", EVERY_OTHER)]
    assert 0 < len(taken) < 10
    assert (found.series, found.left) == (len(taken), 10 - len(taken))
    _, whole = gather(source(), ALL, Drawing(30), 0, lambda *progress: None)
    of_all = ordered(joined(whole))
    assert len(joined(parts).inputs) == found.rows
    assert set(ordered(joined(parts))) < set(of_all)


def test_variants_are_drawn_from_beside_the_series_itself() -> None:
    draw = np.random.default_rng(2)
    long = one("pod-1", "duty", draw.normal(10, 2, 1300).tolist())
    found, parts = gather(Source("pods", 1, iter([long]), frozenset()), ALL, Drawing(40), 0, lambda *progress: None)
    _, alone = gather(
        Source("pods", 1, iter([long]), frozenset()), ALL, Drawing(40, variants=False), 0, lambda *progress: None
    )
    assert found.series == 1, "a series with its variants is one"
    assert found.rows in (80, 120, 160), "the tail, pairs of samples, and what is drawn of the others"
    assert len(joined(alone).inputs) == 40
    again = Source("pods", 1, iter([long]), frozenset())
    assert ordered(joined(gather(again, ALL, Drawing(40), 0, lambda *progress: None)[1])) == ordered(joined(parts))


def test_a_long_series_is_known_by_its_latest_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "LONGEST", 100)
    draw = np.random.default_rng(3)
    latest = draw.normal(10, 2, 100).tolist()
    rows = []
    for before in ([], [1e6, -1e6] * 50):
        made = Source("pods", 1, iter([one("pod-1", "duty", before + latest)]), frozenset())
        rows.append(joined(gather(made, ALL, Drawing(30, variants=False), 0, lambda *progress: None)[1]))
    np.testing.assert_array_equal(rows[0].targets, rows[1].targets)


def test_random_series_are_all_taken_as_they_are_with_fewer_rows_each() -> None:
    found, parts = gather(open_families(5, 1, None), EVERY_OTHER, Drawing(1200), 0, lambda *progress: None)
    assert (found.series, found.left, found.share) == (5, 0, ALL)
    assert found.rows == 5 * gathering.RANDOM_ROWS
    assert np.isfinite(joined(parts).inputs).all()


def ordered(rows: Rows) -> list[bytes]:
    """The rows as bytes, in an order of their own: that of `rows_of` depends on what was gone through together."""
    return sorted(a.tobytes() + b.tobytes() for a, b in zip(rows.inputs, rows.targets, strict=True))
