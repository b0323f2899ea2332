"""A profile's state is in parts of which most do not change from window to window."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.profiling import ApplicationProfile, ProfileError, ProfileSettings
from foretide.streams.profiling.state import decode_state, encode_state
from foretide.streams.worker.parts import divide, join
from support.windows import window


def states(windows: int) -> list[bytes]:
    """Of an application with windows of ten seconds, after each of them."""
    profile, rng = ApplicationProfile("app", ProfileSettings()), random.Random(1)
    found = []
    for i in range(windows):
        memory = [rng.gauss(5e9, 1e8) for _ in range(10)]
        profile.observe(window({GPU_MEMORY: memory, SM_RATIO: [0.5] * 10}, sample=10 * i, step_ms=1000))
        found.append(profile.dump())
    return found


def test_each_part_changes_as_often_as_what_it_holds_gets_a_step() -> None:
    parts = [divide(state) for state in states(91)]
    changed = [sum(a[k] != b[k] for a, b in pairwise(parts)) for k in range(4)]
    assert changed[0] == 90
    assert 14 <= changed[1] <= 16, "a minute has six windows"
    assert 2 <= changed[2] <= 4, "five minutes have thirty"
    assert 2 <= changed[3] <= 4


def test_a_state_comes_back_as_it_was() -> None:
    for state in (states(1)[0], states(31)[-1], ApplicationProfile("app", ProfileSettings()).dump()):
        assert encode_state(decode_state(state)) == state


def test_a_state_without_all_of_its_parts_is_refused() -> None:
    parts = divide(states(2)[-1])
    for damaged in (join(parts[:-1]), join([*parts, b"\x90"]), join([*parts[:-1], b"\x90"]), join(parts)[:-1]):
        with pytest.raises(ProfileError, match="cannot be read"):
            decode_state(damaged)
