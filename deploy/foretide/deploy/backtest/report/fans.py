"""A series' actual values under the forecasts that had been made of them."""

from __future__ import annotations

from foretide.deploy.backtest.report import svg
from foretide.deploy.backtest.report.thin import thinned
from foretide.deploy.backtest.tracks import Track

HEIGHT = 240


def fan(track: Track, title: str) -> str:
    """Actual value, median and bands at the times the forecasts were of; in the trace's unit."""
    steps, unit = track.steps, track.column.scale
    outcomes = track.values[steps:]
    places = thinned(outcomes)
    times = [track.times[i + steps] for i in places]
    actual = [outcomes[i] / unit for i in places]
    levels = zip(*(track.quantiles("point", i) for i in places), strict=True)
    q50, q90, _, q99 = ([q / unit for q in level] for level in levels)
    low, high = min(*actual, *q50), max(*actual, *q90)
    # One wild tail would flatten everything else.
    high = min(max(high, *q99), high + (high - low or 1.0))
    x, y = svg.across(times[0], times[-1]), svg.upward(low, high, HEIGHT)
    xs = [x(t) for t in times]
    m50, m90, m99 = ([y(min(v, high)) for v in q] for q in (q50, q90, q99))
    return svg.drawing(
        HEIGHT,
        title,
        svg.value_axis(y),
        svg.time_axis(x, HEIGHT),
        svg.band(xs, m90, m99, "far"),
        svg.band(xs, m50, m90, "near"),
        svg.line(xs, m50, "median"),
        svg.line(xs, [y(v) for v in actual], "actual"),
    )
