"""Which series are trained on, and where rows are drawn: by names and the seed, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from foretide.deploy.fleet.choosing import (
    ALL,
    EARLY,
    EARLY_SHARE,
    EVERY_OTHER,
    SHORTEST,
    places,
    seen_in,
    takes,
    unfit,
)
from foretide.streams.fleet.file import FleetHeader, SourceNote

APPS = [f"pod-{i}" for i in range(400)]


def header(**sources: SourceNote) -> FleetHeader:
    """What a file says that was trained on these sources, and on `older` in a time without numbers."""
    trained_on = {"older": "2 series"} | dict.fromkeys(sources, "")
    return FleetHeader(format="", shapes=[], sha256="", trained_on=trained_on, loss=0.0, sources=sources)


def test_every_other_is_half_of_them_and_does_not_change_from_run_to_run() -> None:
    taken = [app for app in APPS if takes("pods", app, EVERY_OTHER)]
    assert 160 < len(taken) < 240
    # Fixed: a file trained before must not come to be tested on what it was trained on.
    assert taken[:6] == ["pod-5", "pod-6", "pod-7", "pod-9", "pod-10", "pod-12"]
    assert taken != [app for app in APPS if takes("others", app, EVERY_OTHER)]
    assert all(takes("pods", app, ALL) for app in APPS)


def test_what_was_seen_is_told_as_it_was_taken() -> None:
    half = SourceNote(series=1, rows=1, share=EVERY_OTHER, signals=("duty",))
    trained = header(pods=half, vms=SourceNote(series=1, rows=1), odd=SourceNote(share="some"))
    seen = seen_in(trained, "pods")
    assert [app for app in APPS if seen(app, "duty")] == [app for app in APPS if takes("pods", app, EVERY_OTHER)]
    assert not any(seen(app, "memory") for app in APPS)
    for source, known in {"vms": True, "odd": True, "older": True, "never": False}.items():
        assert {seen_in(trained, source)(app, "duty") for app in APPS} == {known}, source


def test_what_teaches_nothing() -> None:
    assert unfit([]) == "short"
    assert unfit([float(i) for i in range(SHORTEST - 1)]) == "short"
    assert unfit([3.5] * 1000) == "constant"
    assert unfit([3.5] * SHORTEST + [3.6]) is None


def test_places_are_different_ones_in_order_and_something_follows_each() -> None:
    found = places(1000, 200, 0, "pods/pod-1/duty")
    assert len(found) == len(set(found)) == 200
    assert found == sorted(found)
    assert found[0] >= 1, "the first sample has no scale yet"
    assert found[-1] < 999
    assert all(type(place) is int for place in found)


def test_a_short_series_gives_all_its_places() -> None:
    assert places(80, 200, 0, "name") == list(range(1, 79))
    assert places(80, 78, 0, "name") == list(range(1, 79))


@pytest.mark.parametrize("samples", [100, 3000])
def test_so_many_as_asked_for_whatever_the_length(samples: int) -> None:
    for rows in (1, 7, 50, 97):
        assert len(set(places(samples, rows, 1, "name"))) == rows


def test_the_first_samples_are_drawn_more_often_and_the_others_evenly() -> None:
    drawn = np.concatenate([places(5000, 200, 0, f"pods/{app}/duty") for app in APPS])
    early = (drawn < EARLY).mean()
    assert EARLY_SHARE <= early < EARLY_SHARE + 0.03
    later = np.histogram(drawn[drawn >= EARLY], bins=8, range=(EARLY, 5000))[0]
    assert later.min() > 0.95 * later.max()


def test_places_follow_from_the_seed_and_the_name() -> None:
    assert places(1000, 50, 3, "a") == places(1000, 50, 3, "a")
    assert places(1000, 50, 3, "a") != places(1000, 50, 4, "a")
    assert places(1000, 50, 3, "a") != places(1000, 50, 3, "b")
