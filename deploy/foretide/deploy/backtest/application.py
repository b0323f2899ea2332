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
from foretide.streams.fleet import default_network
from foretide.streams.forecasting.banks import Banks
from foretide.streams.forecasting.targets import Kind
from foretide.streams.profiling import ApplicationProfile, ProfileProcessor, backtest_settings
from foretide.streams.profiling.survey import survey, weigh_all
from foretide.streams.worker.processor import Output


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


@dataclass(frozen=True, slots=True)
class Asked:
    """One application to run: its `windows`, each of one sample and in time order; the signals `chosen` (None: all);
    without `sizing` the profile that feeds the planner is left out."""

    app: str
    windows: Sequence[TelemetryWindow]
    chosen: frozenset[str] | None = None
    sizing: bool = True


def run_application(asked: Asked, horizons: tuple[int, ...]) -> ApplicationRun:
    """`run_applications` of one."""
    return run_applications([asked], horizons)[0]


def run_applications(asked: Sequence[Asked], horizons: tuple[int, ...]) -> list[ApplicationRun]:
    """Feed the applications' windows, side by side; after every one, forecast so many samples ahead.

    Nothing of a sample that is not fed yet is used, and no application's result depends on which others run with it.
    """
    banks, live = Banks(default_network()), ProfileProcessor()
    walks = [_Walk(one, horizons, banks) for one in asked]
    for place in range(max((len(w.windows) for w in walks), default=0)):
        going = [w for w in walks if place < len(w.windows)]
        taken = [(w, w.forecaster.take(w.windows[place])) for w in going]
        banks.step(due for _, seen in taken for due in seen.due)
        changed = weigh_all(survey(signal for w in going for signal in w.forecaster.signals.values()))
        for walk, seen in taken:
            if seen.samples:
                walk.forecaster.finish(changed)
            walk.answered(walk.windows[place])
        sized = [w for w in going if w.sized]
        refs = [RecordRef(topic=TELEMETRY, partition=0, offset=place)] * len(sized)
        told = live.observe_all([(w.windows[place], ref) for w, ref in zip(sized, refs, strict=True)])
        for walk, outputs in zip(sized, told, strict=True):
            walk.told(walk.windows[place], outputs)
    return [w.ended(live) for w in walks]


class _Walk:
    """One application on its way through a backtest."""

    def __init__(self, asked: Asked, horizons: tuple[int, ...], banks: Banks) -> None:
        self.windows = asked.windows
        self.run = ApplicationRun(asked.app, len(asked.windows))
        self.signals = tuple(dict.fromkeys(s for w in asked.windows for s in wanted_signals(w, asked.chosen)))
        self.forecaster = ApplicationProfile(asked.app, backtest_settings(self.signals, horizons), banks)
        self.sized = asked.sizing and any(s in w.signals for w in asked.windows[:1] for s in SIZED)
        self._asked = [(n, kind) for n in sorted(horizons) for kind in KINDS]  # in the order of the profile's answers
        self._series = {s: _Series.of(asked.app, s, asked.windows, horizons) for s in self.signals}

    def answered(self, window: TelemetryWindow) -> None:
        """Note what was forecast after `window`."""
        raw: dict[str, list[tuple[float, ...]]] = {}
        for forecast in self.forecaster.raw_forecasts():
            raw.setdefault(forecast.signal, []).append(forecast.quantiles)
        for signal in self.signals:
            value = window.signals.get(signal, [None])[0]
            if value is not None:
                self._series[signal].observe(window.start_ms, value)
                for (steps, kind), quantiles in zip(self._asked, raw[signal], strict=True):
                    self._series[signal].issue(steps, kind, value, quantiles)

    def told(self, window: TelemetryWindow, outputs: Sequence[Output]) -> None:
        """Note what the planner would have heard after `window`."""
        event = next((o.message for o in outputs if isinstance(o.message, ForecastEvent)), None)
        compute, memory = (window.signals.get(s, [None])[0] for s in SIZED)
        self.run.sizing.append(Sizable(window.start_ms, event, compute, memory))

    def ended(self, live: ProfileProcessor) -> ApplicationRun:
        """All of it."""
        for one in self._series.values():
            for track in one.tracks.values():
                key = track.column.name, track.steps
                self.run.tracks[key] = track
                for kind in KINDS:
                    self.run.scores[key, kind] = one.scorers[track.steps, kind].score
        if self.sized:
            self.run.state = live.snapshot(self.run.app)
        return self.run


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
