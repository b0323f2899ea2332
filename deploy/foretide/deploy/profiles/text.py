"""Profiles as text in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.deploy.profiles.read import Unreadable
from foretide.deploy.profiles.view import DeviationView, ProfileView, SignalView, TargetView
from foretide.deploy.tables import SCORE_NOTES, UNKNOWN, aligned, number, span
from foretide.deploy.watching import amount, clock

TARGETS = (
    *("over", "of", "q50", "q90", "q95", "q99", "model", "outcomes"),
    *("cov.9", "pinball", "error", "leader", "slack.9", "unmet"),
)
LIST = ("application", "phase", "state", "windows", "duplicates", "last sample", "signals")


def text_of(view: ProfileView) -> str:
    """One profile in full."""
    snapshot = view.snapshot
    head = [
        ("application", view.app),
        ("phase", f"{view.phase}; seen: {', '.join(view.phases) or UNKNOWN}"),
        ("inputs", ", ".join(view.exogenous) or "its own signals and the time"),
        ("learning", f"{'yes' if view.learning else 'no'}: {view.learning_reason}"),
        ("windows", f"{view.windows_learned} learnt, {view.duplicates} duplicates"),
        ("samples", f"from {_time(view.first_sample_ms)} to {_time(view.last_sample_ms)}"),
        ("gaps", f"{view.gaps}, {span(view.missing_seconds)} without telemetry in all"),
        (
            "snapshot",
            f"{snapshot.format}, {snapshot.bytes} bytes; group {snapshot.group}, partition {snapshot.partition} "
            f"up to offset {snapshot.last_offset}, epoch {snapshot.epoch}",
        ),
    ]
    lines = aligned(head, left=2)
    for signal in view.signals:
        lines += ["", *_signal(signal)]
    if view.signals:
        lines += ["", *SCORE_NOTES]
    return "\n".join(lines)


def list_of(views: Sequence[ProfileView | Unreadable]) -> str:
    """All profiles, one a line."""
    rows: list[tuple[str, ...]] = [LIST]
    for view in views:
        if isinstance(view, Unreadable):
            rows.append((view.app, UNKNOWN, "unreadable", *[UNKNOWN] * 4))
            continue
        rows.append(
            (
                view.app,
                view.phase,
                "learning" if view.learning else "learnt",
                str(view.windows_learned),
                str(view.duplicates),
                _time(view.last_sample_ms),
                str(len(view.signals)),
            )
        )
    return "\n".join(aligned(rows, left=3))


def deviation_of(deviation: DeviationView) -> str:
    """Where use stands to its prediction, in words."""
    if deviation.since_ms is None:
        return "as predicted"
    since = f"since {clock(deviation.since_ms)}"
    if deviation.state == "outside":
        return f"{deviation.direction} for {deviation.windows} windows {since}, no deviation yet"
    back = f", inside again for {deviation.inside} windows" if deviation.inside else ""
    return f"deviates: {deviation.direction} {since}{back}"


def led_by(view: SignalView) -> str:
    """Which expert leads, what the forecast is made of, and who may be promoted."""
    shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in view.weights.items())
    challenged = (
        f"; challenged by {view.challenger}, better in the latest {view.better_outcomes} outcomes"
        if view.challenger
        else ""
    )
    return f"led by {view.model}{challenged}; made of {shares}"


def _signal(view: SignalView) -> list[str]:
    def cells(target: TargetView) -> list[str]:
        q = target.quantiles
        scores = (
            *(target.coverage90, target.pinball90_ratio, target.error_ratio),
            *(target.leader_ratio, target.slack90, target.unmet99),
        )
        return [
            *(amount(view.signal, value) for value in (q.q50, q.q90, q.q95, q.q99)),
            target.model or UNKNOWN,
            str(target.outcomes),
            *(number(score) for score in scores),
        ]

    rows: list[Sequence[str]] = [TARGETS]
    for h in view.horizons:
        rows.append([span(h.horizon_seconds), "peak", *cells(h.peak)])
        rows.append(["", "mean", *cells(h.mean)])
    known = " ".join(
        f"{name} {amount(view.signal, value)} "
        for name, value in (("last", view.last), ("min", view.minimum), ("max", view.maximum))
    )
    title = f"{view.signal}  {known} confidence {view.confidence:.2f}  {deviation_of(view.deviation)}"
    return [title, f"  {led_by(view)}", *(f"  {line}" for line in aligned(rows, left=2))]


def _time(at_ms: int | None) -> str:
    return UNKNOWN if at_ms is None else f"{clock(at_ms)} UTC"
