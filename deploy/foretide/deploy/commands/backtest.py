"""`foretide backtest`: a trace or a topic through the objects that run live."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson
from msgspec import to_builtins

from foretide.deploy.commands.policy_options import policy_options
from foretide.deploy.commands.replay import broker_given
from foretide.deploy.policies.setting import Setting
from foretide.exporters.commands.beside import beside_options
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings


class Time(click.ParamType):
    """A time as ISO 8601 (UTC unless it says otherwise) or epoch seconds, given on as epoch milliseconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        try:
            return round(float(text) * 1000)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no time; write 2026-11-21T08:00:00 or epoch seconds", param, ctx)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


class Steps(click.ParamType):
    """Numbers of samples ahead, 1 to 60, comma-separated, each once."""

    name = "steps"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(part.isdecimal() and 1 <= int(part) <= 60 for part in parts):
            self.fail(f"{value!r} is no list of samples ahead; write numbers from 1 to 60 like 1,5,15", param, ctx)
        return tuple(dict.fromkeys(int(part) for part in parts))


@click.command()
@click.option(
    "--trace", type=click.Path(dir_okay=False, path_type=Path), help="A trace: CSV, long or wide, gzip or not."
)
@click.option("--since", type=Time(), help="With a topic: samples from this time on (ISO 8601 or epoch seconds).")
@click.option("--until", type=Time(), help="With a topic: samples before this time.")
@click.option("--signals", help="Only these, comma-separated: names of the trace's columns or of our signals.")
@click.option("--map", "maps", multiple=True, metavar="SIGNAL=COLUMN[*SCALE]", help="Read a column as a signal.")
@beside_options
@click.option(
    "--horizon-steps",
    "horizons",
    type=Steps(),
    default=(5,),
    show_default="5",
    metavar="N[,N...]",
    help="Samples ahead, 1 to 60. The first is in predictions.csv, each other in predictions-hN.csv.",
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Processes.")
@click.option(
    "--report/--no-report", default=True, show_default=True, help="report.html, with other rules beside ours."
)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    type=click.Choice(["autoets", "autoarima"]),
    help="A slower rule beside the others, from statsforecast (pip install 'foretide[baselines]'). Repeatable.",
)
@policy_options
@click.option("--json", "as_json", is_flag=True, help="Print summary.json as the last line.")
@kafka_options
def command(
    kafka: KafkaSettings,
    trace: Path | None,
    since: int | None,
    until: int | None,
    signals: str | None,
    maps: tuple[str, ...],
    beside: tuple[Path, ...],
    oldest_seconds: float,
    horizons: tuple[int, ...],
    out: Path,
    jobs: int,
    report: bool,
    baselines: tuple[str, ...],
    policies: tuple[str, ...],
    setting: Setting,
    as_json: bool,
) -> None:
    """Forecast and size as the workers would have, from a trace or from the telemetry topic of a running system.

    Every sample is an instant of issue: what comes after it is not used. Into --out go predictions.csv (quantiles of
    the value --horizon-steps samples ahead, and of the peak until there), decisions.csv (the slice each application
    holds), summary.json and report.html. A topic and the trace that was replayed into it give the same files.

    With --policy the planner and other sizing rules are set side by side in one simulator: policies.csv, and a part of
    report.html.

    What a trace --beside tells helps to forecast and is not forecast itself.
    """
    from foretide.deploy.backtest.run import BacktestSettings, backtest
    from foretide.deploy.backtest.seen import seen_by_default
    from foretide.deploy.backtest.sources import from_topic, from_trace
    from foretide.deploy.backtest.summary import text
    from foretide.deploy.policies.table import policies_text

    if trace is None and not broker_given():
        raise click.UsageError("Give --trace PATH, or --bootstrap HOST:PORT for the telemetry topic there.")
    if trace is not None and (since is not None or until is not None):
        raise click.UsageError("--since and --until go with a topic, not with --trace.")
    if trace is None and beside:
        raise click.UsageError("--beside goes with --trace: what was replayed into a topic is in it already.")
    if baselines and not report:
        raise click.UsageError("--baseline goes with --report: baselines are shown there and nowhere else.")
    unreadable = 0
    if trace is not None:
        applications = from_trace(trace, maps, beside, oldest_seconds)
    else:
        if maps:
            raise click.UsageError("--map goes with --trace: a topic's signals have their names already.")
        applications, unreadable = asyncio.run(from_topic(kafka, since, until))
    settings = BacktestSettings(
        out=out,
        source=" beside ".join(map(str, (trace, *beside)))
        if trace is not None
        else f"telemetry.v1 on {kafka.bootstrap}",
        signals=frozenset(s.strip() for s in signals.split(",") if s.strip()) if signals else None,
        horizons=horizons,
        jobs=jobs,
        report=report,
        optional=baselines,
        seen=seen_by_default(trace),
        policies=policies,
        setting=setting,
    )
    with _Bar() as bar:
        summary = backtest(applications, settings, unreadable=unreadable, progress=bar.show)
    click.echo(text(summary))
    if policies:
        click.echo(policies_text(out / "policies.csv"))
    more = f"{', policies.csv' if policies else ''}{', report.html' if report else ''}"
    click.echo(f"wrote {out}/predictions.csv, decisions.csv, summary.json{more}")
    if as_json:
        click.echo(orjson.dumps(to_builtins(summary)).decode())


class _Bar:
    """Progress on stderr: a bar on a terminal, a line every tenth otherwise."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._tenth = -1

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            click.echo(err=True)

    def show(self, done: int, whole: int) -> None:
        """So many samples of all are done."""
        if self._live:
            full = 40 * done // whole
            bar = "█" * full + "·" * (40 - full)
            click.echo(f"\r{bar} {100 * done // whole:3d} %  {done} of {whole} samples", nl=False, err=True)
        elif 10 * done // whole > self._tenth:
            self._tenth = 10 * done // whole
            click.echo(f"{100 * done // whole} %: {done} of {whole} samples", err=True)
