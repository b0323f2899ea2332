"""Messages as lines for people."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import singledispatch

from foretide.schemas.codec import encode
from foretide.schemas.messages import (
    Command,
    DeadLetter,
    Decision,
    Deviation,
    ForecastEvent,
    Message,
    OutcomeEvent,
    Placement,
    Prediction,
    Scorecard,
    TelemetryWindow,
)
from foretide.schemas.signals import STANDARD
from foretide.schemas.units import GIB


def clock(at_ms: int) -> str:
    """A time as people read it, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def amount(signal: str, value: float) -> str:
    """A signal's value with its unit: 31 %, 12.4 GiB, 2.5."""
    standard = STANDARD.get(signal)
    if standard and standard.unit == "ratio":
        return f"{100 * value:.0f} %"
    if standard and standard.unit == "bytes":
        return f"{value / GIB:.1f} GiB"
    return f"{value:.4g}"


def place(placement: Placement | None) -> str:
    """A placement as people say it."""
    return f"{placement.slice} on {placement.resource}" if placement else "nothing"


def cards(message: Decision | Command) -> str:
    """The cards that a message about the pool's size is about."""
    wish = message.provision
    if wish is None:
        return "no card"
    return ", ".join(wish.resources) or f"{wish.count} x {wish.geometry}"


@singledispatch
def line_of(message: Message) -> str:
    """One line that says what a message says; any other message is shown as JSON."""
    return encode(message).decode()


@line_of.register
def _(message: Prediction) -> str:
    parts = []
    for f in message.forecasts:
        horizon = f.horizons[0]
        parts.append(
            f"{f.signal} {amount(f.signal, f.last)}, peak in {horizon.horizon_seconds:g} s "
            f"{amount(f.signal, horizon.peak.q50)} (90 %: {amount(f.signal, horizon.peak.q90)}) by {f.model}"
        )
    state = " learning" if message.learning else ""
    return f"{clock(message.issued_ms)} {message.app} [{message.phase}{state}] " + "; ".join(parts)


@line_of.register
def _(message: Deviation) -> str:
    return (
        f"{clock(message.at_ms)} {message.app} {message.signal} {message.state} {message.direction} its prediction: "
        f"{amount(message.signal, message.observed)} against {amount(message.signal, message.expected.q50)} "
        f"(90 %: {amount(message.signal, message.expected.q90)}), probability {message.probability:.3g}, "
        f"for {message.lasted_seconds:g} s"
    )


@line_of.register
def _(message: Scorecard) -> str:
    scores = ", ".join(
        f"{s.signal} in {s.horizon_seconds:g} s cov.9 {s.coverage90:.2f} pinball "
        f"{'unknown' if s.pinball90_ratio is None else f'{s.pinball90_ratio:.2f}'} of last value's"
        for s in message.scores
    )
    changes = "".join(
        f"; {c.signal}: {c.kind}, {c.after} leads" + ("" if c.before == c.after else f" instead of {c.before}")
        for c in message.changes
    )
    return f"{clock(message.at_ms)} {message.app} scores: {scores or 'none yet'}{changes}"


@line_of.register
def _(message: TelemetryWindow) -> str:
    last = ", ".join(
        f"{name} {amount(name, values[-1]) if values[-1] is not None else 'missing'}"
        for name, values in message.signals.items()
    )
    return f"{clock(message.end_ms)} {message.app} on {message.resource}: {message.samples} samples, {last}"


@line_of.register
def _(message: Decision) -> str:
    guard = f" ({'guard' if message.commanded else 'held back by'} {message.guard})" if message.guard else ""
    change = f"{place(message.held)} -> {place(message.wanted)}" if message.provision is None else cards(message)
    return f"{clock(message.at_ms)} {message.app} {message.action}: {change}{guard}: {message.reason}"


@line_of.register
def _(message: Command) -> str:
    change = f"{place(message.expected)} -> {place(message.desired)}" if message.provision is None else cards(message)
    return (
        f"{clock(message.issued_ms)} {message.app} {message.action}: {change} "
        f"(epoch {message.epoch}, until {clock(message.deadline_ms)}) {message.id}"
    )


@line_of.register
def _(message: OutcomeEvent) -> str:
    dry = " (dry run)" if message.dry_run else ""
    return (
        f"{clock(message.at_ms)} {message.app} {message.status}{dry} in {message.duration_seconds:.3f} s: "
        f"now {place(message.placement)}; {message.message}"
    )


@line_of.register
def _(message: ForecastEvent) -> str:
    needs = ", ".join(f"{n.signal} {amount(n.signal, n.peak.q90)} in {n.horizon_seconds:g} s" for n in message.needs)
    return f"{clock(message.at_ms)} {message.app} forecast ({message.why}): 90 % peak {needs}"


@line_of.register
def _(message: DeadLetter) -> str:
    r = message.record
    return (
        f"{clock(message.at_ms)} {r.topic}/{r.partition}/{r.offset} set aside by {message.consumer}: "
        f"{message.place}: {message.reason}"
    )
