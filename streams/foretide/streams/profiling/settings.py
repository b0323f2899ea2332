"""How applications are profiled."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from foretide.schemas.messages import Sizing
from foretide.schemas.signals import CPU_CORES, RSS, SIZED
from foretide.streams.forecasting.ladder import Horizon

HORIZONS_MS = (60_000, 300_000, 900_000, 3_600_000)


@dataclass(frozen=True, slots=True)
class DeviationSettings:
    """When usage counts as departed from its prediction."""

    windows: int = 3
    """So many windows in a row outside the 1 and 99 % quantiles start a deviation, as many inside end it."""
    chance: float = 1e-3
    """And the run must be as unlikely as this, for how often and how long this signal is outside otherwise."""
    relative: float | None = None
    """A plain threshold instead of quantiles and chance: the share of the predicted median by which usage must differ,
    for so many `windows` in a row. None: not used."""


@dataclass(frozen=True, slots=True)
class LeadSettings:
    """When another expert is said to lead a signal."""

    margin: float = 0.02
    """A challenger must have lost this share less of late than the champion: equals take turns by chance."""
    outcomes: int = 20
    """For so many outcomes in a row it must have been the best by that margin; and so many must be known at all."""


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """When a signal's errors are said to have changed for good (River's Page-Hinkley test of the logarithms of one
    plus the error in units of the usual change), and what follows."""

    enabled: bool = True
    """Whether it is looked for."""
    least: int = 60
    """Outcomes of the first horizon that are not looked at, as errors fall while it is learnt; and so many from there,
    or from the last detection, until there can be another: a mean must be known before it can have changed."""
    tolerance: float = 0.1
    """A change of the mean below this is none (the test's delta): e^.1, a tenth more or less."""
    threshold: float = 15.0
    """How far the sum of what is beyond the tolerance must have grown (its lambda): errors twice as large as before
    are told after some 25 outcomes, a few wild ones, which count 3 at most, are not."""
    keep: float = 0.25
    """The experts' losses so far count by this factor from then on: with a half-life of 300 outcomes those of the old
    regime would decide for hundreds more, so they lose two half-lives at once."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """When a forecast is worth an entry in the pool's log."""

    pool: str = "default"
    """The pool whose planner sizes the applications."""
    sizing: Sizing = field(default_factory=Sizing)
    """How that planner sizes: its quantiles, margins and horizons decide the class. Where the pool's policy says
    otherwise than the defaults, the same belongs here, or changes of class are told late."""
    geometry: str = "mig-80gb"
    """The classes whose edges count: a name in foretide.schemas.slices.ALL_GEOMETRIES, with " at 0.4" behind it for
    cards of that speed (a kind's `relative_compute`). The gate hears of no inventory, so this says how the pool's cards
    are cut; of several kinds take the one with the most classes. What else changes is told by `margin` and `age_ms`."""
    margin: float = 0.25
    """A need that changes by this share of the last one sent is sent too."""
    edge: float = 0.9
    """So is a need or a last value that crosses this share of the edge of the class last sent: the next change of
    class is close."""
    slack: float = 0.05
    """What falls back across an edge counts once it is this share below; noise around the edge stays unsaid."""
    hold_ms: int = 300_000
    """What falls is not sent until the last event is so old, in event time: no step down is that urgent."""
    look_ms: int = 60_000
    """And it is looked for at most every so often: to weigh a whole forecast costs more than to make it."""
    age_ms: int = 900_000
    """After this much event time a forecast is sent in any case."""


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """All of a profile's settings. They are part of what must be equal for a replay to be exact."""

    horizons: tuple[Horizon, ...] = field(
        default_factory=lambda: tuple(Horizon(kind, ms) for ms in HORIZONS_MS for kind in ("peak", "mean"))
    )
    """What is forecast, of every predicted signal."""
    signals: tuple[str, ...] | None = (*SIZED, CPU_CORES, RSS)
    """The signals that are predicted when telemetry has them: the GPU's, or the host's where there is no GPU's.
    None: all that are no `app.*` signal; an explicit list may name those too."""
    experts: tuple[str, ...] = ()
    """River regressors that are experts besides the built-in ones, named as River does (`linear_model.PARegressor`,
    `tree.HoeffdingTreeRegressor`). One whose state cannot be kept in a snapshot is refused at the start."""
    learning_windows: int = 30
    """The learning phase lasts until so many windows are learnt and as many outcomes of the shortest horizon known."""
    learning_loss: float = 1.05
    """It also lasts until the best model's recent error is at most this share of last value's."""
    deviation: DeviationSettings = field(default_factory=DeviationSettings)
    """When a deviation is published."""
    lead: LeadSettings = field(default_factory=LeadSettings)
    """When a challenger is promoted."""
    drift: DriftSettings = field(default_factory=DriftSettings)
    """When errors have changed for good."""
    gate: GateSettings = field(default_factory=GateSettings)
    """When a forecast goes to the planner."""
    scorecard_windows: int = 60
    """A scorecard is published every so many windows."""

    def chosen(self, available: tuple[str, ...]) -> tuple[str, ...]:
        """The signals of `available` that are predicted, in a fixed order."""
        return _chosen(self.signals, available)


@lru_cache(maxsize=4096)
def _chosen(wanted: tuple[str, ...] | None, available: tuple[str, ...]) -> tuple[str, ...]:
    if wanted is None:
        return tuple(sorted(s for s in available if not s.startswith("app.")))
    found = tuple(s for s in wanted if s in available)
    gpu = tuple(s for s in found if s.startswith("gpu."))
    return gpu if gpu and wanted == (*SIZED, CPU_CORES, RSS) else found


def backtest_settings(signals: tuple[str, ...] | None, steps: int | tuple[int, ...]) -> ProfileSettings:
    """Settings of a backtest: the value `steps` samples ahead, and the peak until there, of the given signals; for
    several numbers of steps the nearest first, as peaks never decrease from one horizon to the next."""
    several = (steps,) if isinstance(steps, int) else sorted(set(steps))
    horizons = tuple(Horizon(kind, 0, n) for n in several for kind in ("point", "peak"))
    return replace(ProfileSettings(), horizons=horizons, signals=signals)
