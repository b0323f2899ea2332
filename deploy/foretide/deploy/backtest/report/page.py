"""The report as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from foretide.deploy.backtest.application import ApplicationRun
from foretide.deploy.backtest.baselines.harness import MOST_SAMPLES
from foretide.deploy.backtest.report.fans import fan
from foretide.deploy.backtest.report.plots import ratio_plot
from foretide.deploy.backtest.report.ranking import LEAST_SCORED, Ranking, rank
from foretide.deploy.backtest.report.reliability import hue, reliability
from foretide.deploy.backtest.report.slices import chosen, panels
from foretide.deploy.backtest.report.style import STYLE
from foretide.deploy.backtest.report.tables import baseline_table, baselines_by_signal, count, number, score_table
from foretide.deploy.backtest.seen import Seen, nothing_seen
from foretide.deploy.backtest.sizing import SizingResult
from foretide.deploy.backtest.summary import BacktestSummary

WORSE: Final = 1.1
"""An error ratio above this counts as harm."""


def render(
    summary: BacktestSummary,
    runs: Sequence[ApplicationRun],
    sizing: SizingResult | None,
    made: datetime,
    seen: Seen = nothing_seen,
    policies: str = "",
) -> str:
    """report.html of a finished backtest, made at `made`; every number of it is in `summary` or drawn from `runs`.
    `seen` tells the series the fleet model was trained on; `policies` is the part that compares sizing rules."""
    parts = [
        "<h1>Backtest</h1>",
        _header(summary, runs, made),
        "<h2>Scores</h2>",
        "<p>Ahead counts samples. Ratios are to last value: below 1 is better. ≤ q.9 is the share of outcomes at or "
        "under the .9 quantile; it should be .9. Point is the value at the horizon, peak the largest until there.</p>",
        score_table(summary),
        *_baselines(summary, runs),
        "<h2>Coverage</h2>",
        "<p>The share of outcomes at or under each quantile, over all applications; on the dashes it is as it should "
        "be. Below them the quantile was too low. Solid: point; dotted: peak.</p>",
        _key(*((hue(n, summary.horizons), _ahead(n)) for n in summary.horizons)),
        reliability(summary),
        *_series([(n, rank(runs, n, seen)) for n in summary.horizons]),
        *_sizing(summary, runs, sizing),
        policies,
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Foretide backtest</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _header(summary: BacktestSummary, runs: Sequence[ApplicationRun], made: datetime) -> str:
    times = [
        t for run in runs for track in run.tracks.values() if track.times for t in (track.times[0], track.times[-1])
    ]
    span = f"{_moment(min(times))} to {_moment(max(times))}" if times else "–"
    lines = [
        ("source", escape(summary.source)),
        ("applications", count(summary.applications)),
        ("samples", f"{count(summary.samples)}, {span}"),
        ("horizon", f"{', '.join(count(n) for n in summary.horizons)} samples ahead"),
        ("predictions", f"{count(summary.predictions)} in {summary.seconds:.0f} s"),
        ("made", f"{made.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"),
    ]
    if summary.unreadable:
        lines.append(("left out", f"{count(summary.unreadable)} records that could not be read"))
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in lines)}</dl>"


def _baselines(summary: BacktestSummary, runs: Sequence[ApplicationRun]) -> list[str]:
    tables = []
    for n in summary.horizons:
        lines = [c for run in runs for key, compared in run.compared.items() if key[1] == n for c in compared]
        if lines:
            tables += [f"<h3>{_ahead(n)}</h3>", baseline_table(lines, f"baselines-{n}")]
    if not tables:
        return []
    compared = len({(run.app, key[0]) for run in runs for key in run.compared})
    whole = len({(run.app, key[0]) for run in runs for key in run.tracks})
    return [
        "<h2>Beside other rules</h2>",
        f"<p>On {compared} of {whole} series, the first {MOST_SAMPLES:,} samples of each at most; every rule sees the "
        "same samples in the same order and forecasts at the same instants. Each ratio is the median over these "
        "series. A rule without an upper level is given the .9 quantile of its own latest errors; one that has no "
        "answer yet counts as last value there. Recommenders name a level to stay under, not an expected value, and "
        "are made to be above it.</p>",
        *tables,
        baselines_by_signal(runs),
    ]


def _series(rankings: Sequence[tuple[int, Ranking]]) -> list[str]:
    parts = [
        "<h2>Series</h2>",
        "<p>A dot is a series: its median's error relative to last value's, for kind point, the worst at the left. "
        "Above 1 last value would have been better.</p>",
    ]
    for n, ranking in rankings:
        parts.append(f"<h3>{_ahead(n)}</h3>")
        if ranking.series:
            parts.append(ratio_plot(ranking))
        parts.append(
            f"<p>{_spread_of(ranking)}{'Not ranked' if ranking.series else 'None can be ranked'}: {ranking.short} with "
            f"fewer than {LEAST_SCORED} outcomes and {ranking.unmoved} on which last value never erred.</p>"
        )
    first = rankings[0][1]
    if not first.series:
        return parts
    parts += [
        "<h2>The worst, a typical one, the best</h2>",
        f"<p>By the error {_ahead(rankings[0][0])}. The actual value, and what had been expected of it at the horizon "
        "before. Where a series is longer than the drawing is wide, the largest of neighbouring values is drawn, with "
        "the forecast of it.</p>",
        _key(("actual", "actual"), ("median", "median"), ("near", ".5 to .9"), ("far", ".9 to .99")),
    ]
    every = {(r.track.app, r.track.column.name, n): r for n, ranking in rankings for r in ranking.series}
    for title, worst in first.shown():
        parts.append(f'<section class="series"><h3>{title}: {escape(worst.name)}</h3>')
        for n, _ in rankings:
            ranked = every.get((worst.track.app, worst.track.column.name, n))
            if ranked is not None:
                parts.append(f"<h4>{_ahead(n)}</h4><p>{escape(ranked.reason)}</p>{fan(ranked.track, ranked.name)}")
        parts.append("</section>")
    return parts


def _spread_of(ranking: Ranking) -> str:
    if not ranking.series:
        return ""
    count_of = len(ranking.series)
    worse = sum(r.ratio > WORSE for r in ranking.series)
    words = f"{worse} of {count_of} are more than {100 * (WORSE - 1):.0f} % worse than last value. "
    seen, unseen = ranking.middle(True), ranking.middle(False)
    if seen is None:
        return words
    marked = sum(r.seen for r in ranking.series)
    others = f"{number(unseen)} of the other {count_of - marked}" if unseen is not None else "there are no others"
    return (
        f"{words}Hollow dots are the {marked} series the fleet model was trained on: their median ratio is "
        f"{number(seen)}, {others}. "
    )


def _sizing(summary: BacktestSummary, runs: Sequence[ApplicationRun], sizing: SizingResult | None) -> list[str]:
    if summary.sizing is None or sizing is None:
        return []
    z = summary.sizing
    lines = [
        ("cards per application", number(z.cards_held_mean)),
        ("short of compute", f"{_share(z.shortage_ratio)} of samples"),
        ("out of memory", f"{_share(z.out_of_memory_ratio)} of samples"),
        ("changes", f"{count(z.changes)} of {count(z.decisions)} decisions"),
    ]
    parts = [
        "<h2>Sizing</h2>",
        f'<dl id="sizing">{"".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in lines)}</dl>',
        "<p>The applications that were short most often, or else changed most.</p>",
        _key(("actual", "used"), ("held", "held")),
    ]
    for run, held in chosen(runs, sizing):
        parts.append(
            f"<h3>{escape(run.app)}</h3><p>{held.short} of {held.samples} samples short, {held.out_of_memory} out of "
            f"memory; {max(0, len(held.since) - 1)} changes.</p>{''.join(panels(run, held))}"
        )
    return parts


def _ahead(steps: int) -> str:
    return f"{steps} sample{'s' if steps > 1 else ''} ahead"


def _share(ratio: float) -> str:
    return f'<data value="{ratio!r}">{100 * ratio:.3f} %</data>'


def _key(*entries: tuple[str, str]) -> str:
    return f'<p class="key">{"".join(f"<span><i class=k-{style}></i>{words}</span>" for style, words in entries)}</p>'


def _moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"
