"""Maintenance rules: whether a moment allows changes, and when the next one does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.schemas.messages import AbsoluteInterval, Day, Maintenance, WeeklyInterval
from foretide.streams.planning.guards.calendar import DAYS, allows, next_allowed

DAY_MS = 86_400_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def weekly(begin: str, end: str, *days: Day) -> WeeklyInterval:
    return WeeklyInterval(begin=begin, end=end, days=list(days))


NIGHTS = Maintenance(changes="only_inside", weekly=[weekly("22:00", "04:00", "sat")])
FREEZE = Maintenance(
    changes="never_inside", absolute=[AbsoluteInterval(begin_ms=at("2026-11-22"), end_ms=at("2026-11-23"))]
)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("2026-11-21T21:59", False),
        ("2026-11-21T22:00", True),
        ("2026-11-22T03:59", True),
        ("2026-11-22T04:00", False),
        ("2026-11-22T22:30", False),
    ],
)
def test_a_night_ends_on_the_next_day(text: str, allowed: bool) -> None:
    assert allows(NIGHTS, at(text)) == allowed


def test_rules_must_agree_and_the_next_moment_is_when_they_do() -> None:
    assert next_allowed((NIGHTS,), at("2026-11-21T12:00")) == at("2026-11-21T22:00")
    assert next_allowed((NIGHTS, FREEZE), at("2026-11-21T12:00")) == at("2026-11-21T22:00")
    assert next_allowed((NIGHTS, FREEZE), at("2026-11-22T01:00")) == at("2026-11-28T22:00")
    assert next_allowed((FREEZE,), at("2026-11-22T01:00")) == at("2026-11-23T00:00")


def test_what_never_comes_again_is_said() -> None:
    once = Maintenance(changes="only_inside", absolute=[AbsoluteInterval(begin_ms=5, end_ms=9)])
    assert next_allowed((once,), 3) == 5
    assert next_allowed((once,), 9) is None


times = st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.sampled_from([0, 15, 30]))
intervals = st.builds(WeeklyInterval, begin=times, end=times, days=st.lists(st.sampled_from(DAYS), max_size=3))


@given(intervals, st.integers(0, 40 * 96))
def test_a_moment_is_inside_exactly_if_the_clock_on_the_wall_says_so(interval: WeeklyInterval, quarter: int) -> None:
    moment = quarter * 900_000
    now = datetime.fromtimestamp(moment / 1000, UTC)
    clock, today, yesterday = now.strftime("%H:%M"), now.strftime("%a").lower(), DAYS[now.weekday() - 1]
    on_today, on_yesterday = (not interval.days or day in interval.days for day in (today, yesterday))
    if interval.begin < interval.end:
        expected = on_today and interval.begin <= clock < interval.end
    else:
        expected = (on_today and clock >= interval.begin) or (on_yesterday and clock < interval.end)
    rule = Maintenance(changes="only_inside", weekly=[interval])
    assert allows(rule, moment) == expected
    assert allows(Maintenance(changes="never_inside", weekly=[interval]), moment) != expected


@given(
    st.lists(intervals, min_size=1, max_size=2), st.sampled_from(["only_inside", "never_inside"]), st.integers(0, 2000)
)
def test_the_next_moment_is_the_first(found: list[WeeklyInterval], changes: str, quarter: int) -> None:
    rule = Maintenance(changes=changes, weekly=found)  # type: ignore[arg-type]
    start = quarter * 900_000
    following = [start + n * 900_000 for n in range(8 * 96)]
    first = next((moment for moment in following if allows(rule, moment)), None)
    assert next_allowed((rule,), start) == first
