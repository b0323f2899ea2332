"""A watch that counts the usual windows says and knows, to the last bit, what weighing each of them would."""

from __future__ import annotations

import random

import msgspec
import pytest

from foretide.streams.profiling.deviation import DeviationState, weigh
from foretide.streams.profiling.settings import DeviationSettings
from foretide.streams.profiling.watch import Watch

EXPECTED = (10.0, 12.0, 13.0, 14.0)


@pytest.mark.parametrize("settings", [DeviationSettings(), DeviationSettings(relative=0.3)])
@pytest.mark.parametrize("asked_every", [1, 7, 1000])
def test_as_if_each_window_was_weighed(settings: DeviationSettings, asked_every: int) -> None:
    draw, state, watch, departures = random.Random(8), DeviationState(), Watch(), 0
    for i in range(4000):
        # Now and then a spell outside, long enough to start a deviation.
        value = draw.choice([10.0, 10.0, 10.0, 20.0, 1.0]) if i % 90 > 70 else 20.0 if i % 700 > 690 else 11.0
        learning = i < 500
        expected = weigh(state, i * 1000, value, EXPECTED, settings, learning=learning)
        assert watch.weigh(i * 1000, value, EXPECTED, settings, learning=learning) == expected
        departures += expected is not None
        if i % asked_every == 0:
            assert msgspec.msgpack.encode(watch.state) == msgspec.msgpack.encode(state)
    assert watch.state == state
    assert departures > 10


def test_it_goes_on_from_a_state() -> None:
    settings = DeviationSettings()
    state = DeviationState(run=2, chance=1e-4, counted=2)
    departure = Watch(state).weigh(5000, 20.0, EXPECTED, settings, learning=False)
    assert departure is not None
    assert departure.state == "started"
