"""One application of a backtest: its windows of one sample through the profile that runs live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from foretide.deploy.backtest.baselines.harness import Compared
from foretide.deploy.backtest.naming import column_of, seconds_text, value_text, wanted_signals
from foretide.deploy.backtest.scores import Score, SeriesScorer
from foretide.deploy.backtest.tracks import Track
from foretide.schemas.messages import ForecastEvent, RecordRef, TelemetryWindow
from foretide.schemas.signals import SIZED
from foretide.schemas.topics import TELEMETRY
from foretide.streams.forecasting.targets import Kind
from foretide.streams.profiling import ApplicationProfile, ProfileProcessor, backtest_settings

KINDS: Final[tuple[Kind, ...]] = ("point", "peak")


@dataclass(frozen=True, slots=True)
class Sizable:
    """What sizing needs of one sample: the forecast that reached the planner, if one did, and what was used."""

    at_ms: int
    event: ForecastEvent | None
    compute: float | None
    memory: float | None


@dataclass(slots=True)
class ApplicationRun:
    """What one application gave. `rows` are the lines of predictions.csv, `state` the live profile at the end;
    `scores`, `tracks` and `compared` (baselines, where they were run) go by the trace's names of the signals."""

    app: str
    samples: int
    rows: list[str] = field(default_factory=list)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    tracks: dict[str, Track] = field(default_factory=dict)
    compared: dict[str, list[Compared]] = field(default_factory=dict)
    sizing: list[Sizable] = field(default_factory=list)
    state: bytes = b""


@dataclass(frozen=True, slots=True)
class _Series:
    """Where one signal's samples are: the times of those that have a value."""

    times: tuple[int, ...]
    step_ms: int

    def target_ms(self, index: int, steps: int) -> int:
        """The time `steps` samples after sample `index`; beyond the end at the usual step."""
        if index + steps < len(self.times):
            return self.times[index + steps]
        return self.times[-1] + (index + steps - len(self.times) + 1) * self.step_ms


def run_application(
    app: str, windows: Sequence[TelemetryWindow], chosen: frozenset[str] | None, steps: int
) -> ApplicationRun:
    """Feed `windows`, each of one sample and in time order; after every one, forecast `steps` samples ahead.

    Nothing of a sample that is not fed yet is used but its time, which names the target.
    """
    run = ApplicationRun(app, len(windows))
    signals = tuple(dict.fromkeys(s for w in windows for s in wanted_signals(w, chosen)))
    series = {s: _series(s, windows) for s in signals}
    forecaster = ApplicationProfile(app, backtest_settings(signals, steps))
    live = ProfileProcessor()
    sized = any(s in w.signals for w in windows[:1] for s in SIZED)
    scorers = {(s, k): SeriesScorer(steps, k == "peak") for s in signals for k in KINDS}
    tracks = {s: Track(app, s, column_of(s, windows[0].columns), steps) for s in signals}
    seen = dict.fromkeys(signals, 0)
    for place, window in enumerate(windows):
        forecaster.observe(window)
        raw = {(f.signal, f.kind): f.quantiles for f in forecaster.raw_forecasts()}
        for signal in signals:
            value = window.signals.get(signal, [None])[0]
            if value is None:
                continue
            column = column_of(signal, window.columns)
            issued, target = window.start_ms, series[signal].target_ms(seen[signal], steps)
            seen[signal] += 1
            tracks[signal].observe(issued, value)
            for kind in KINDS:
                quantiles = raw[signal, kind]
                scorer = scorers[signal, kind]
                scorer.observe(value)
                scorer.issue(value, quantiles)
                tracks[signal].issue(kind, quantiles)
                numbers = ",".join(value_text(q, column) for q in quantiles)
                run.rows.append(
                    f"{_quoted(app)},{_quoted(column.name)},{seconds_text(issued)},{seconds_text(target)},{kind},{numbers}"
                )
        if sized:
            run.sizing.append(_size(live, window, place))
    for (signal, kind), scorer in scorers.items():
        run.scores[column_of(signal, windows[0].columns).name, kind] = scorer.score
    run.tracks = {t.column.name: t for t in tracks.values()}
    if sized:
        run.state = live.snapshot(app)
    return run


def _size(live: ProfileProcessor, window: TelemetryWindow, place: int) -> Sizable:
    ref = RecordRef(topic=TELEMETRY, partition=0, offset=place)
    event = next((o.message for o in live.observe(window, ref) if isinstance(o.message, ForecastEvent)), None)
    compute, memory = (window.signals.get(s, [None])[0] for s in SIZED)
    return Sizable(window.start_ms, event, compute, memory)


def _series(signal: str, windows: Sequence[TelemetryWindow]) -> _Series:
    times = tuple(w.start_ms for w in windows if w.signals.get(signal, [None])[0] is not None)
    gaps = sorted(b - a for a, b in pairwise(times))
    return _Series(times, gaps[len(gaps) // 2] if gaps else windows[0].step_ms)


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(c in text for c in ',"\n\r') else text
