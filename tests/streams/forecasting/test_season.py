"""What a signal did a day ago, and what is usual at that time of day: told from the right slots only."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from foretide.streams.fleet.features import AHEAD, DAY, PROFILED
from foretide.streams.forecasting.season import DAY_MS, NEW, SLOT_MS, Season, _looks

HOUR = 3_600_000
START = 20_000 * DAY_MS


def hourly(days: int, missing: tuple[int, ...] = ()) -> Season:
    """A step each hour that ends at its start: hour h of day d had the mean 100 d + h, and the peak one half more."""
    season = Season(HOUR)
    for step in range(24 * days):
        if step not in missing:
            day, hour = divmod(step, 24)
            season.observe(START + step * HOUR, 100.0 * day + hour + 0.5, 100.0 * day + hour)
    return season


def same(found: Sequence[float], expected: Sequence[float]) -> bool:
    return [None if isnan(v) else v for v in found] == pytest.approx([None if isnan(v) else v for v in expected])


def test_a_day_back_and_what_is_usual_then() -> None:
    season = hourly(2)
    # After the last hour of the second day, with that hour's slot still open: a day back was hour 23 of the first.
    now = START + 47 * HOUR
    found = season.day(now, HOUR)
    assert len(found) == DAY
    # The hours after it are those of the second day: a day before the third.
    expected = [23.0, *(100.0 + s - 1 for s in AHEAD), 100.0 + AHEAD[-1] - 1 + 0.5]

    def usual(hour: int) -> float:
        return hour + NEW * 100.0

    # Of the open hour only the first day's mean is known.
    expected += [23.0, *(usual(s - 1) for s in PROFILED)]
    assert same(found, expected)


def test_nothing_is_known_on_the_first_day_but_what_has_passed() -> None:
    season = hourly(1)
    found = season.day(START + 23 * HOUR, HOUR)
    assert isnan(found[0])
    assert same(found[1:], [*(float(s - 1) for s in AHEAD), AHEAD[-1] - 0.5, nan, *(float(s - 1) for s in PROFILED)])
    fresh = Season(HOUR)
    fresh.observe(START, 1.0, 1.0)
    assert all(isnan(v) for v in fresh.day(START, HOUR))


def test_slots_of_which_nothing_was_heard_are_unknown_but_usual_stays() -> None:
    season = hourly(2, missing=(26, 27))
    now = START + 47 * HOUR
    found = season.day(now, HOUR)
    assert [isnan(v) for v in found[1 : 1 + len(AHEAD)]] == [s - 1 in (2, 3) for s in AHEAD]
    assert found[1 + len(AHEAD)] == 100.0 + AHEAD[-1] - 0.5
    season.observe(START + 95 * HOUR, 5.0, 5.0)
    later = season.day(START + 95 * HOUR, HOUR)
    assert all(isnan(v) for v in later[: 2 + len(AHEAD)])
    assert same(later[3 + len(AHEAD) :], [100 * NEW + s - 1 for s in PROFILED])


def test_a_slot_is_the_mean_of_its_steps_and_their_highest_peak() -> None:
    season = Season(10_000)
    assert season.slot_ms == SLOT_MS
    for i in range(31):
        season.observe(START + i * 10_000, float(i % 7) - 20.0, float(i))
    found = season.day(START + DAY_MS, 10_000)
    assert found[0] == 14.5
    assert found[1 + len(AHEAD)] == -14.0


def test_times_farther_than_a_day_are_unknown() -> None:
    assert 8 in AHEAD
    for hours in (2, 3):
        season = Season(HOUR * hours)
        for step in range(48 // hours):
            season.observe(START + step * hours * HOUR, 1.0, 1.0)
        found = season.day(START + (48 - hours) * HOUR, HOUR * hours)
        assert [isnan(v) for v in found[1 : 1 + len(AHEAD)]] == [s * hours >= 24 for s in AHEAD]
        assert found[1 + len(AHEAD)] == 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3 * 24), min_size=1, max_size=60), st.integers(0, 10**9))
def test_means_a_day_back_are_those_of_a_plain_account(gaps: list[int], seed: int) -> None:
    rng = random.Random(seed)
    season, slots, at = Season(HOUR), defaultdict[int, list[float]](list), 20_000 * 24
    for gap in gaps:
        at += gap
        value = rng.random()
        season.observe(at * HOUR, value, value)
        slots[at].append(value)

    def known(slot: int) -> float:
        values = slots.get(slot)
        return sum(values) / len(values) if values else nan

    found = season.day(at * HOUR, HOUR)
    assert same(found[: 1 + len(AHEAD)], [known(at - 24), *(known(at + s - 24) for s in AHEAD)])


@pytest.mark.parametrize("at", [1, 13, 40])
def test_a_season_put_back_goes_on_equal(at: int) -> None:
    whole, broken = Season(HOUR), Season(HOUR)
    for step in range(60):
        if step == at:
            broken = Season.load(broken.dump())
        for season in (whole, broken):
            season.observe(START + step * HOUR, float(step % 13), float(step % 11))
    assert broken.dump() == whole.dump()
    assert same(broken.day(START + 60 * HOUR, HOUR), whole.day(START + 60 * HOUR, HOUR))


def test_a_damaged_dump_is_refused() -> None:
    kept = hourly(1).dump()
    with pytest.raises(ValueError, match="a season of 24 slots holds 23"):
        Season.load(replace(kept, means=kept.means[:-4]))
    with pytest.raises(ValueError, match="no numbers of 4 bytes"):
        Season.load(replace(kept, usual=kept.usual[:-1]))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**13), st.integers(1, 8 * HOUR), st.sampled_from([SLOT_MS, 420_000, HOUR, DAY_MS]))
def test_where_a_day_is_looked_up_and_for_just_how_long(at_ms: int, step_ms: int, slot_ms: int) -> None:
    size = max(1, round(DAY_MS / slot_ms))

    def slots(when: int) -> list[int]:
        return [(when + steps * step_ms) // slot_ms for steps in (0, *AHEAD)]

    found = _looks(at_ms, step_ms, slot_ms, size)
    assert found.since <= at_ms < found.until
    now, *ahead = slots(at_ms)
    assert [now, *ahead] == slots(found.since) == slots(found.until - 1)
    assert slots(found.since - 1) != [now, *ahead] != slots(found.until)
    known = [slot for slot in ahead if slot - now < size]
    assert found.means == tuple(slot % size for slot in (now, *known))
    assert len(found.beyond) == len(ahead) - len(known)
    assert all(isnan(v) for v in found.beyond)
    assert {*found.peaks} >= {slot % size for slot in known}
    assert len(found.peaks) == min(ahead[-1], now + size - 1) - min(ahead[0], now + size - 1) + 1
    assert found.usual == tuple(slot % size for slot in (now, *(ahead[AHEAD.index(s)] for s in PROFILED)))


def test_what_is_kept_of_a_day_is_what_would_be_looked_up() -> None:
    draw = random.Random(9)
    kept = Season(10_000)
    now = START
    for _ in range(2000):
        now += 10_000 * draw.choice([1, 1, 1, 1, 40])
        kept.observe(now, draw.random(), draw.random())
        fresh = Season.load(kept.dump())
        for step_ms in (10_000, 60_000, 300_000):
            assert kept.day(now, step_ms).tobytes() == fresh.day(now, step_ms).tobytes()
