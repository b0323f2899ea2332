"""What the fleet model gives a new application: its first samples, with the shared network and without.

    python benchmarks/fleet_prior.py --trace FILE [--signals a,b] [--samples 30] [--steps 5] [--apps 50] [--json]

Every application of the trace begins anew at its first sample. Without the network the experts are what each series
gives by itself: a network that says "the last value" for every quantile stands in its place. Series that do not change
in these samples are left out. Coverage is of the .9 quantile of the point so many steps ahead; width is that quantile's
distance from the median in units of the series' mean change; pinball is the ratio of the mean losses, with to without.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

from foretide.deploy.backtest.naming import wanted_signals
from foretide.deploy.backtest.sources import from_trace
from foretide.schemas.messages import TelemetryWindow
from foretide.streams.fleet import Network, default_network
from foretide.streams.forecasting.banks import Banks
from foretide.streams.profiling import ApplicationProfile, backtest_settings


@dataclass(frozen=True, slots=True)
class Prior:
    """The figures: medians over series; `pinball_ratio` below 1 says that the network helps."""

    series: int
    samples: int
    coverage_with: float
    coverage_without: float
    width_with: float
    width_without: float
    pinball_ratio: float


@dataclass(frozen=True, slots=True)
class Start:
    """One series' first forecasts: coverage, mean width, mean pinball loss."""

    coverage: float
    width: float
    pinball: float


def silent() -> Network:
    """A network that always says the last value."""
    return Network.of([(np.zeros_like(w), np.zeros_like(b)) for w, b in default_network().layers])


def starts(
    app: str, windows: list[TelemetryWindow], signals: frozenset[str] | None, network: Network, samples: int, steps: int
) -> dict[str, Start]:
    """The start of every series of one application."""
    names = tuple(dict.fromkeys(s for w in windows for s in wanted_signals(w, signals)))
    profile = ApplicationProfile(app, backtest_settings(names, steps), Banks(network))
    said: dict[str, list[tuple[float, ...]]] = {}
    values: dict[str, list[float]] = {}
    for window in windows[: samples + steps]:
        profile.observe(window)
        for forecast in profile.raw_forecasts():
            if forecast.kind == "point":
                said.setdefault(forecast.signal, []).append(forecast.quantiles)
        for name in names:
            values.setdefault(name, []).append(window.signals.get(name, [None])[0] or 0.0)
    return {name: _start(said[name], values[name], samples, steps) for name in said if np.ptp(values[name]) > 0.0}


def _start(said: list[tuple[float, ...]], values: list[float], samples: int, steps: int) -> Start:
    count = min(samples, len(said) - steps)
    outcomes = np.array(values[steps : steps + count])
    centre, upper = (np.array([q[i] for q in said[:count]]) for i in (0, 1))
    error = outcomes - upper
    unit = float(np.mean(np.abs(np.diff(values)))) or 1.0
    return Start(
        float(np.mean(outcomes <= upper + 1e-9 * np.abs(upper))),
        float(np.mean(upper - centre)) / unit,
        float(np.mean(np.maximum(0.9 * error, -0.1 * error))),
    )


def measure(trace: Path, signals: frozenset[str] | None, samples: int, steps: int, apps: int) -> Prior:
    """The figures of one trace."""
    found: list[tuple[Start, Start]] = []
    for app, windows in sorted(from_trace(trace, ()).items())[:apps]:
        if len(windows) < samples + steps:
            continue
        with_it, without = (
            starts(app, list(windows), signals, n, samples, steps) for n in (default_network(), silent())
        )
        found += [(with_it[name], without[name]) for name in with_it]
    if not found:
        raise SystemExit(f"{trace}: no series of {samples + steps} samples that changes")
    ratios = [a.pinball / b.pinball for a, b in found if b.pinball > 0.0]
    return Prior(
        series=len(found),
        samples=samples,
        coverage_with=median(a.coverage for a, _ in found),
        coverage_without=median(b.coverage for _, b in found),
        width_with=median(a.width for a, _ in found),
        width_without=median(b.width for _, b in found),
        pinball_ratio=median(ratios),
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", required=True, type=Path)
    parser.add_argument("--signals", help="of the trace, by commas; default all")
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--apps", type=int, default=50, help="applications at most")
    parser.add_argument("--json", action="store_true", help="one object as the last line")
    options = parser.parse_args()
    signals = frozenset(options.signals.split(",")) if options.signals else None
    prior = measure(options.trace, signals, options.samples, options.steps, options.apps)
    print(f"{prior.series} series, their first {prior.samples} samples, {options.steps} steps ahead, medians")
    print(f"{'':24}{'with':>8}{'without':>9}  the network")
    print(f"{'coverage of .9':24}{prior.coverage_with:8.3f}{prior.coverage_without:9.3f}")
    print(f"{'width in usual changes':24}{prior.width_with:8.2f}{prior.width_without:9.2f}")
    print(f"{'pinball loss, ratio':24}{prior.pinball_ratio:8.3f}")
    if options.json:
        print(json.dumps(asdict(prior)))


if __name__ == "__main__":
    main()
