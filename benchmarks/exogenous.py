"""What signals published ahead of the use are worth: forecasts with the `app.*` signals and without them.

    python benchmarks/exogenous.py [--kinds lead,prompt,quiet] [--apps 6] [--samples 1500] [--steps 1,5,15] [--json]
    python benchmarks/exogenous.py --trace pods.csv.gz --beside load.csv.gz --signals gpu_duty_pct

Without a trace, synthetic applications: `lead` publishes its demand a minute before the card feels it, `prompt` as the
card feels it, `quiet` nothing. Errors are mean distances of the median from the value so many steps ahead, after the
first tenth; the figures are medians over series, relative to last value, and of the ratio with to without.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from msgspec.structs import replace

from foretide.deploy.backtest.naming import wanted_signals
from foretide.deploy.backtest.sources import from_trace
from foretide.exporters.synthetic.fleet import FleetSettings, windows
from foretide.schemas.messages import TelemetryWindow
from foretide.streams.fleet import default_network
from foretide.streams.forecasting.banks import Banks
from foretide.streams.profiling import ApplicationProfile, backtest_settings
from foretide.streams.profiling.survey import survey, weigh_all

Applications = Mapping[str, Sequence[TelemetryWindow]]
Errors = dict[tuple[str, str, int], tuple[float, float]]
"""By application, signal and steps ahead: the forecast's mean error, and last value's."""


def without_app_signals(window: TelemetryWindow) -> TelemetryWindow:
    """The window without what the application publishes."""
    return replace(window, signals={s: v for s, v in window.signals.items() if not s.startswith("app.")})


def errors(applications: Applications, signals: frozenset[str] | None, steps: tuple[int, ...]) -> Errors:
    """Errors of every series, all applications stepped side by side."""
    banks, profiles, said = Banks(default_network()), {}, {}
    for app, own in applications.items():
        names = {s for w in own for s in wanted_signals(w, signals) if not s.startswith("app.")}
        profiles[app] = ApplicationProfile(app, backtest_settings(tuple(sorted(names)), steps), banks)
        said.update({(app, name, ahead): list[float]() for name in names for ahead in steps})
    longest = max(len(own) for own in applications.values())
    for place in range(longest):
        going = [app for app, own in applications.items() if place < len(own)]
        taken = [(app, profiles[app].take(applications[app][place])) for app in going]
        banks.step(due for _, seen in taken for due in seen.due)
        changed = weigh_all(survey(signal for app in going for signal in profiles[app].signals.values()))
        for app, seen in taken:
            if seen.samples:
                profiles[app].finish(changed)
            points = [f for f in profiles[app].raw_forecasts() if f.kind == "point"]
            for i, forecast in enumerate(points):
                said[app, forecast.signal, sorted(steps)[i % len(steps)]].append(forecast.quantiles[0])
    return {key: _error(applications[key[0]], key[1], key[2], medians) for key, medians in said.items() if medians}


def _error(own: Sequence[TelemetryWindow], signal: str, ahead: int, medians: list[float]) -> tuple[float, float]:
    values = np.array([w.signals[signal][0] for w in own if w.signals.get(signal, [None])[0] is not None], dtype=float)
    began = len(values) // 10
    outcomes, centres = values[began + ahead :], np.array(medians)[began : len(values) - ahead]
    return float(np.mean(np.abs(outcomes - centres))), float(np.mean(np.abs(outcomes - values[began:-ahead])))


def compared(
    label: str, applications: Applications, signals: frozenset[str] | None, steps: tuple[int, ...]
) -> dict[str, object]:
    """Print and give the figures of some applications."""
    with_them = errors(applications, signals, steps)
    bare = {app: [without_app_signals(w) for w in own] for app, own in applications.items()}
    alone = errors(bare, signals, steps)
    found: dict[str, object] = {"applications": label}
    for ahead in sorted(steps):
        keys = [k for k in with_them if k[2] == ahead and with_them[k][1] > 0.0 and alone[k][0] > 0.0]
        row = {
            "with": median(with_them[k][0] / with_them[k][1] for k in keys),
            "without": median(alone[k][0] / alone[k][1] for k in keys),
            "ratio": median(with_them[k][0] / alone[k][0] for k in keys),
        }
        found[str(ahead)] = row
        print(f"{label:12}{ahead:6}{len(keys):8}{row['with']:9.3f}{row['without']:9.3f}{row['ratio']:9.3f}", flush=True)
    return found


def synthetic(kind: str, apps: int, samples: int) -> Applications:
    """Synthetic applications of one kind, in windows of one sample."""
    settings = FleetSettings(apps=apps, seed=1, step_seconds=12.0, kinds=(kind,), lead_seconds=60.0)
    found: dict[str, list[TelemetryWindow]] = {}
    for window in windows(settings, samples, window_seconds=0.001):
        found.setdefault(window.app, []).append(window)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default="lead,prompt,quiet")
    parser.add_argument("--apps", type=int, default=6, help="applications of each kind")
    parser.add_argument("--samples", type=int, default=1500, help="samples of each application")
    parser.add_argument("--steps", default="1,5,15", help="steps ahead")
    parser.add_argument("--trace", type=Path, help="a recorded trace instead")
    parser.add_argument("--beside", type=Path, action="append", default=[], help="what is laid beside it")
    parser.add_argument("--signals", help="of the trace, by commas; default all")
    parser.add_argument("--json", action="store_true", help="one array as the last line")
    options = parser.parse_args()
    steps = tuple(int(s) for s in options.steps.split(","))
    signals = frozenset(options.signals.split(",")) if options.signals else None
    print(f"{'applications':12}{'ahead':>6}{'series':>8}{'with':>9}{'without':>9}{'ratio':>9}")
    if options.trace:
        applications: Applications = from_trace(options.trace, (), beside=tuple(options.beside))
        rows = [compared(options.trace.name.split(".")[0], applications, signals, steps)]
    else:
        chosen = [(kind, synthetic(kind, options.apps, options.samples)) for kind in options.kinds.split(",")]
        rows = [compared(kind, applications, None, steps) for kind, applications in chosen]
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
