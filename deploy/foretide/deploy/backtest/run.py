"""A whole backtest: applications side by side, then the planner over what they forecast, then the files."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import orjson
from msgspec import to_builtins

from foretide.deploy.backtest.application import ApplicationRun, Asked, SeriesKey, run_applications
from foretide.deploy.backtest.baselines.automatic import optional_baselines
from foretide.deploy.backtest.baselines.catalogue import BASELINES
from foretide.deploy.backtest.baselines.harness import compare
from foretide.deploy.backtest.baselines.selection import compared_series
from foretide.deploy.backtest.errors import BacktestError
from foretide.deploy.backtest.naming import column_of, wanted_signals
from foretide.deploy.backtest.predictions import write_predictions
from foretide.deploy.backtest.report.page import render
from foretide.deploy.backtest.scores import Score, total
from foretide.deploy.backtest.seen import Seen, nothing_seen
from foretide.deploy.backtest.sizing import SizingResult, size
from foretide.deploy.backtest.sources import Applications
from foretide.deploy.backtest.summary import BacktestSummary, SizingSummary, signal_summaries
from foretide.deploy.backtest.tracks import KINDS
from foretide.deploy.policies.comparing import compare_policies
from foretide.deploy.policies.page import section
from foretide.deploy.policies.setting import Setting
from foretide.deploy.policies.table import write_policies
from foretide.streams.forecasting.targets import Kind
from foretide.streams.profiling import model_hash

DECISIONS_HEADER = "app_id,issued_ts,class"
MOST_TOGETHER = 64
SIZED_EVERY = 10
"""Samples between two changes of one application, at least."""


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """What to run. `signals` are names of the trace or ours (None: all); `horizons` count samples ahead, the first
    one in predictions.csv; `jobs` processes share the applications; without `report` there is no report.html and no
    baseline is run, with it all of them and the `optional` ones named; without `sizing` nothing goes to a planner;
    `seen` tells the series the fleet model was trained on; `policies` are sizing rules to compare, in `setting`."""

    out: Path
    source: str
    signals: frozenset[str] | None = None
    horizons: tuple[int, ...] = (5,)
    jobs: int = 1
    report: bool = True
    optional: tuple[str, ...] = ()
    sizing: bool = True
    seen: Seen = nothing_seen
    policies: tuple[str, ...] = ()
    setting: Setting = field(default_factory=Setting)


def backtest(
    applications: Applications,
    settings: BacktestSettings,
    *,
    unreadable: int = 0,
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> BacktestSummary:
    """Run it and write predictions.csv (more of them for further horizons), decisions.csv, summary.json and
    report.html into `settings.out`.

    The result does not depend on `jobs`. `progress` is told samples done and all.
    """
    began = time.monotonic()
    optional_baselines(settings.optional)  # not found missing after an hour
    runs = forecast(applications, settings, progress)
    predictions = sum(len(KINDS) * len(t.times) for r in runs for t in r.tracks.values())
    if not predictions:
        known = sorted({c.name for ws in applications.values() for c in (ws[0].columns or {}).values() if not c.beside})
        raise BacktestError(
            f"--signals: none of {', '.join(sorted(settings.signals or ()))} is there; there are {', '.join(known)}"
        )
    sizing = size(runs, SIZED_EVERY * _usual_step(applications))
    totals: dict[tuple[SeriesKey, Kind], list[Score]] = {}
    for run in runs:
        for key, score in run.scores.items():
            totals.setdefault(key, []).append(score)
    states = {r.app: r.state for r in runs if r.state}
    summary = BacktestSummary(
        source=settings.source,
        applications=len(runs),
        samples=sum(r.samples for r in runs),
        unreadable=unreadable,
        horizon_steps=settings.horizons[0],
        horizons=list(settings.horizons),
        predictions=predictions,
        signals=signal_summaries({key: total(scores) for key, scores in totals.items()}),
        sizing=_sizing_summary(sizing),
        model_hash=model_hash(states) if states else None,
        seconds=round(time.monotonic() - began, 1),
    )
    _write(settings.out, runs, sizing, summary)
    part = _policies(runs, settings)
    page = settings.out / "report.html"
    if settings.report:
        page.write_text(render(summary, runs, sizing, datetime.now(UTC), settings.seen, part), encoding="utf-8")
    else:
        page.unlink(missing_ok=True)  # one of an earlier run would speak of other numbers
    return summary


def forecast(
    applications: Applications,
    settings: BacktestSettings,
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> list[ApplicationRun]:
    """Every application's part of a backtest, by name: its forecasts, their scores, and baselines beside them."""
    whole = sum(len(w) for w in applications.values())
    done = 0
    runs: list[ApplicationRun] = []
    compared = compared_series(_columns(applications, settings.signals)) if settings.report else {}
    asked = [Asked(app, list(w), settings.signals, settings.sizing) for app, w in sorted(applications.items())]
    size = _group_size(len(asked), settings.jobs)
    tasks = [
        _Task(tuple(group), settings.horizons, [compared.get(one.app, frozenset()) for one in group], settings.optional)
        for group in (asked[i : i + size] for i in range(0, len(asked), size))
    ]
    if settings.jobs == 1 or len(tasks) == 1:
        for task in tasks:
            runs += _run(task)
            done += sum(len(one.windows) for one in task.asked)
            progress(done, whole)
        return runs
    context = multiprocessing.get_context("spawn")  # a fork would copy threads and their locks
    with ProcessPoolExecutor(min(settings.jobs, len(tasks)), mp_context=context) as workers:
        for found in workers.map(_run, tasks):
            runs += found
            done += sum(run.samples for run in found)
            progress(done, whole)
    return runs


def _group_size(applications: int, jobs: int) -> int:
    """Applications that are stepped together: many, for that is cheaper, but enough groups to keep all jobs busy."""
    return max(1, min(MOST_TOGETHER, -(-applications // (2 * jobs if jobs > 1 else 1))))


@dataclass(frozen=True, slots=True)
class _Task:
    """Some applications' share of the work; `compared` are the signals to run baselines on, of each."""

    asked: tuple[Asked, ...]
    horizons: tuple[int, ...]
    compared: list[frozenset[str]]
    optional: tuple[str, ...]


def _run(task: _Task) -> list[ApplicationRun]:
    runs = run_applications(task.asked, task.horizons)
    rules = (*BASELINES, *optional_baselines(task.optional))
    for run, compared in zip(runs, task.compared, strict=True):
        run.compared = {key: compare(track, rules) for key, track in run.tracks.items() if key[0] in compared}
    return runs


def _columns(applications: Applications, signals: frozenset[str] | None) -> dict[str, list[str]]:
    return {
        app: list(dict.fromkeys(column_of(s, w.columns).name for w in windows for s in wanted_signals(w, signals)))
        for app, windows in applications.items()
    }


def _usual_step(applications: Applications) -> int:
    gaps = sorted(b.start_ms - a.start_ms for ws in applications.values() for a, b in pairwise(ws[:50]))
    return gaps[len(gaps) // 2] if gaps else next(iter(applications.values()))[0].step_ms


def _policies(runs: Sequence[ApplicationRun], settings: BacktestSettings) -> str:
    """policies.csv, and what the report says of it; nothing of an earlier run is left if none is asked for."""
    path = settings.out / "policies.csv"
    if not settings.policies:
        path.unlink(missing_ok=True)
        return ""
    results = compare_policies(runs, settings.policies, settings.setting)
    write_policies(path, results)
    return section(results, settings.setting)


def _sizing_summary(sizing: SizingResult | None) -> SizingSummary | None:
    if sizing is None:
        return None
    return SizingSummary(
        decisions=sizing.decisions,
        changes=sizing.changes,
        shortage_ratio=sizing.shortage_ratio,
        out_of_memory_ratio=sizing.out_of_memory_ratio,
        cards_held_mean=sizing.cards_held_mean,
        decision_hash=sizing.decision_hash,
    )


def _write(out: Path, runs: Sequence[ApplicationRun], sizing: SizingResult | None, summary: BacktestSummary) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_predictions(out, [t for run in runs for t in run.tracks.values()], summary.horizons)
    with (out / "decisions.csv").open("w") as file:
        file.write(DECISIONS_HEADER + "\n")
        file.writelines(row + "\n" for row in (sizing.rows if sizing else ()))
    (out / "summary.json").write_bytes(orjson.dumps(to_builtins(summary), option=orjson.OPT_INDENT_2) + b"\n")
