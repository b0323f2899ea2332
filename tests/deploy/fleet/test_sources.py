"""Series as they come from a trace and from the synthetic source."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from foretide.deploy.fleet.sources import SYNTHETIC_SAMPLES, Series, open_families, open_source, open_synthetic
from foretide.exporters.errors import TraceError
from foretide.schemas.kafka.settings import KafkaSettings
from support.tracefile import START, write_trace

KAFKA = KafkaSettings()


def by_name(series: list[Series]) -> dict[tuple[str, str], Series]:
    return {(one.app, one.signal): one for one in series}


def test_a_trace_gives_every_series_under_its_own_names(tmp_path: Path) -> None:
    source = open_source(str(write_trace(tmp_path / "pods.csv.gz")), KAFKA, None)
    assert (source.name, source.whole, source.unreadable) == ("pods", 9, 0)
    assert source.signals == {"gpu_duty_pct", "gpu_mem_mib", "queue"}
    found = by_name(list(source.series))
    assert set(found) == {(f"pod-{i}", s) for i in range(3) for s in source.signals}
    whole, gaps = found["pod-0", "gpu_duty_pct"], found["pod-2", "gpu_duty_pct"]
    assert list(whole.times_ms) == [1000 * (START + 60 * n) for n in range(240)]
    assert len(gaps.values) == len(gaps.times_ms) == 226, "missing ones are left out"
    assert all(v == v for v in gaps.values)


@pytest.mark.parametrize("name", ["gpu_duty_pct", "gpu.sm_ratio"])
def test_signals_are_chosen_by_the_traces_names_and_by_ours(tmp_path: Path, name: str) -> None:
    source = open_source(str(write_trace(tmp_path / "pods.csv")), KAFKA, frozenset({name, "nonsense"}))
    assert source.whole == 3
    assert {one.signal for one in source.series} == {"gpu_duty_pct"}
    assert "queue" in source.signals, "what there is to choose from"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"nowhere\.csv: cannot be read"):
        open_source(str(tmp_path / "nowhere.csv"), KAFKA, None)


def test_made_up_series_are_so_many_and_follow_from_the_seed() -> None:
    source = open_synthetic(10, 3, None)
    once = list(source.series)
    assert len(by_name(once)) == len(once) == source.whole == 10
    assert once == list(open_synthetic(10, 3, None).series)
    assert once != list(open_synthetic(10, 4, None).series)
    for one in once:
        assert len(one.values) == SYNTHETIC_SAMPLES
        steps = {b - a for a, b in pairwise(one.times_ms)}
        assert steps == {1000 * int(one.app.partition("@")[2].removesuffix("s"))}
    assert len({one.app.partition("@")[2] for one in once}) > 1, "several steps"


def test_made_up_series_of_the_signals_asked_for() -> None:
    source = open_synthetic(4, 1, frozenset({"app.queue_length"}))
    assert {one.signal for one in source.series} == {"app.queue_length"}
    assert not list(open_synthetic(4, 1, frozenset({"nonsense"})).series)


def test_random_series_are_so_many_and_their_families_can_be_chosen() -> None:
    source = open_families(6, 3, frozenset({"bursts", "memory", "nonsense"}))
    once = list(source.series)
    assert (len(once), source.whole, source.random) == (6, 6, True)
    assert {one.signal for one in once} == {"bursts", "memory"}
    assert len({one.app for one in once}) == 6
    assert once == list(open_families(6, 3, frozenset({"bursts", "memory"})).series)
    for place, one in enumerate(once):
        assert (one.peaks is not None) == (place == 4), "every fifth is of steps of several samples"
    assert not list(open_families(6, 3, frozenset({"nonsense"})).series)
    assert "rhythm" in source.signals, "what there is to choose from"
