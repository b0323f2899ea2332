"""What a backtest found, as one document."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from foretide.deploy.backtest.scores import Score


class SignalSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of one signal, horizon and kind over all applications; ratios are to last value (below 1 is better)."""

    signal: str
    horizon_steps: int
    kind: str
    scored: int
    error_ratio: float | None
    pinball90_ratio: float | None
    coverage90: float | None
    coverage50: float | None
    coverage95: float | None
    coverage99: float | None


class SizingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the planner held over the samples, on one card of its own for each application."""

    decisions: int
    changes: int
    shortage_ratio: float
    out_of_memory_ratio: float
    cards_held_mean: float
    decision_hash: str


class BacktestSummary(msgspec.Struct, frozen=True, kw_only=True):
    """summary.json. `horizon_steps` is the first of `horizons`, which predictions.csv holds; `model_hash` is over
    the live profiles' final states, None where nothing was to be sized."""

    source: str
    applications: int
    samples: int
    unreadable: int
    horizon_steps: int
    horizons: list[int]
    predictions: int
    signals: list[SignalSummary]
    sizing: SizingSummary | None
    model_hash: str | None
    seconds: float


def signal_summaries(totals: Mapping[tuple[tuple[str, int], str], Score]) -> list[SignalSummary]:
    """One summary for each signal, horizon and kind, in their order."""
    return [
        SignalSummary(
            signal=signal,
            horizon_steps=steps,
            kind=kind,
            scored=score.scored,
            error_ratio=score.error_ratio,
            pinball90_ratio=score.pinball90_ratio,
            coverage90=score.coverage(0.9),
            coverage50=score.coverage(0.5),
            coverage95=score.coverage(0.95),
            coverage99=score.coverage(0.99),
        )
        for ((signal, steps), kind), score in sorted(totals.items())
    ]


def text(summary: BacktestSummary) -> str:
    """The summary for people."""

    def number(value: float | None) -> str:
        return "   -  " if value is None else f"{value:6.3f}"

    lines = [
        f"{summary.applications} applications, {summary.samples} samples, "
        f"{', '.join(map(str, summary.horizons))} steps ahead, {summary.seconds:.0f} s",
        f"{'signal':34} {'ahead':>5} {'kind':6} {'error':>6} {'pin.9':>6} {'cov.9':>6}   "
        "relative to last value; below 1 is better",
    ]
    lines += [
        f"{s.signal:34} {s.horizon_steps:5} {s.kind:6} "
        f"{number(s.error_ratio)} {number(s.pinball90_ratio)} {number(s.coverage90)}"
        for s in summary.signals
    ]
    if summary.sizing:
        z = summary.sizing
        lines.append(
            f"sizing: {z.cards_held_mean:.3f} cards per application, {100 * z.shortage_ratio:.3f} % of samples short, "
            f"{100 * z.out_of_memory_ratio:.3f} % out of memory, {z.changes} changes"
        )
    if summary.unreadable:
        lines.append(f"{summary.unreadable} records could not be read and were left out")
    return "\n".join(lines)
