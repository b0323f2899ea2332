"""Intervals of time, weekly and once: whether a moment lies in one, and when that changes next. UTC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from foretide.schemas.messages import Day, Maintenance, WeeklyInterval

MINUTE_MS: Final = 60_000
DAY_MS: Final = 1440 * MINUTE_MS
WEEK_MS: Final = 7 * DAY_MS
THURSDAY: Final = 3
"""The day of the week (Monday is 0) of the first day of 1970."""
DAYS: Final[tuple[str, ...]] = get_args(Day)
CHANGES: Final = 64
"""So many edges ahead are looked at for the next moment at which changes are allowed: a month of daily intervals."""


def allows(maintenance: Maintenance, at_ms: int) -> bool:
    """Whether changes are allowed at `at_ms`."""
    inside = any(i.begin_ms <= at_ms < i.end_ms for i in maintenance.absolute)
    inside = inside or any(_weekly(weekly, at_ms) for weekly in maintenance.weekly)
    return inside == (maintenance.changes == "only_inside")


def next_allowed(maintenance: tuple[Maintenance, ...], at_ms: int) -> int | None:
    """The first moment from `at_ms` on at which all allow changes; None if there is none in sight."""
    moment = at_ms
    for _ in range(CHANGES):
        if all(allows(one, moment) for one in maintenance):
            return moment
        edges = [edge for one in maintenance for edge in _edges(one, moment) if edge > moment]
        if not edges:
            return None
        moment = min(edges)
    return None


def _weekly(interval: WeeklyInterval, at_ms: int) -> bool:
    return any(begin <= at_ms < end for begin, end in _around(interval, at_ms))


def _around(interval: WeeklyInterval, at_ms: int) -> Iterator[tuple[int, int]]:
    """The interval's times from a day before to a week after the day of `at_ms`."""
    begin, end = _minutes(interval.begin), _minutes(interval.end)
    length = (end - begin) % 1440 or 1440
    today = at_ms // DAY_MS
    for day in range(today - 1, today + 8):
        if not interval.days or DAYS[(day + THURSDAY) % 7] in interval.days:
            start = day * DAY_MS + begin * MINUTE_MS
            yield start, start + length * MINUTE_MS


def _edges(maintenance: Maintenance, at_ms: int) -> Iterator[int]:
    for absolute in maintenance.absolute:
        yield from (absolute.begin_ms, absolute.end_ms)
    for weekly in maintenance.weekly:
        for begin, end in _around(weekly, at_ms):
            yield from (begin, end)


def _minutes(time_of_day: str) -> int:
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)
