"""One application of a backtest: its windows of one sample through the profile that runs live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from foretide.deploy.backtest.baselines.harness import Compared
from foretide.deploy.backtest.naming import column_of, wanted_signals
from foretide.deploy.backtest.scores import Score, SeriesScorer
from foretide.deploy.backtest.tracks import KINDS, Track
from foretide.schemas.messages import ForecastEvent, RecordRef, TelemetryWindow
from foretide.schemas.signals import SIZED
from foretide.schemas.topics import TELEMETRY
from foretide.streams.forecasting.targets import Kind
from foretide.streams.profiling import ApplicationProfile, ProfileProcessor, backtest_settings


@dataclass(frozen=True, slots=True)
class Sizable:
    """What sizing needs of one sample: the forecast that reached the planner, if one did, and what was used."""

    at_ms: int
    event: ForecastEvent | None
    compute: float | None
    memory: float | None


SeriesKey = tuple[str, int]
"""One series at one horizon: the trace's name of the signal, and how many samples ahead."""


@dataclass(slots=True)
class ApplicationRun:
    """What one application gave, `state` being the live profile at the end; `compared` holds the series baselines
    were run on."""

    app: str
    samples: int
    tracks: dict[SeriesKey, Track] = field(default_factory=dict)
    scores: dict[tuple[SeriesKey, Kind], Score] = field(default_factory=dict)
    compared: dict[SeriesKey, list[Compared]] = field(default_factory=dict)
    sizing: list[Sizable] = field(default_factory=list)
    state: bytes = b""


def run_application(
    app: str,
    windows: Sequence[TelemetryWindow],
    chosen: frozenset[str] | None,
    horizons: tuple[int, ...],
    *,
    sizing: bool = True,
) -> ApplicationRun:
    """Feed `windows`, each of one sample and in time order; after every one, forecast so many samples ahead.

    Nothing of a sample that is not fed yet is used. Without `sizing` the profile that feeds the planner is left out.
    """
    run = ApplicationRun(app, len(windows))
    signals = tuple(dict.fromkeys(s for w in windows for s in wanted_signals(w, chosen)))
    forecaster = ApplicationProfile(app, backtest_settings(signals, horizons))
    live = ProfileProcessor()
    sized = sizing and any(s in w.signals for w in windows[:1] for s in SIZED)
    asked = [(steps, kind) for steps in sorted(horizons) for kind in KINDS]  # in the order of the profile's answers
    series = {s: _Series.of(app, s, windows, horizons) for s in signals}
    for place, window in enumerate(windows):
        forecaster.observe(window)
        raw: dict[str, list[tuple[float, ...]]] = {}
        for forecast in forecaster.raw_forecasts():
            raw.setdefault(forecast.signal, []).append(forecast.quantiles)
        for signal in signals:
            value = window.signals.get(signal, [None])[0]
            if value is not None:
                series[signal].observe(window.start_ms, value)
                for (steps, kind), quantiles in zip(asked, raw[signal], strict=True):
                    series[signal].issue(steps, kind, value, quantiles)
        if sized:
            run.sizing.append(_size(live, window, place))
    for one in series.values():
        for track in one.tracks.values():
            key = track.column.name, track.steps
            run.tracks[key] = track
            for kind in KINDS:
                run.scores[key, kind] = one.scorers[track.steps, kind].score
    if sized:
        run.state = live.snapshot(app)
    return run


@dataclass(frozen=True, slots=True)
class _Series:
    """One signal on its way through a backtest, at every horizon."""

    tracks: dict[int, Track]
    scorers: dict[tuple[int, Kind], SeriesScorer]

    @classmethod
    def of(cls, app: str, signal: str, windows: Sequence[TelemetryWindow], horizons: Sequence[int]) -> _Series:
        column = column_of(signal, next(w.columns for w in windows if signal in w.signals))
        return cls(
            {steps: Track(app, signal, column, steps, windows[0].step_ms) for steps in horizons},
            {(steps, kind): SeriesScorer(steps, kind == "peak") for steps in horizons for kind in KINDS},
        )

    def observe(self, at_ms: int, value: float) -> None:
        for track in self.tracks.values():
            track.observe(at_ms, value)
        for scorer in self.scorers.values():
            scorer.observe(value)

    def issue(self, steps: int, kind: Kind, value: float, quantiles: Sequence[float]) -> None:
        self.tracks[steps].issue(kind, quantiles)
        self.scorers[steps, kind].issue(value, quantiles)


def _size(live: ProfileProcessor, window: TelemetryWindow, place: int) -> Sizable:
    ref = RecordRef(topic=TELEMETRY, partition=0, offset=place)
    event = next((o.message for o in live.observe(window, ref) if isinstance(o.message, ForecastEvent)), None)
    compute, memory = (window.signals.get(s, [None])[0] for s in SIZED)
    return Sizable(window.start_ms, event, compute, memory)
