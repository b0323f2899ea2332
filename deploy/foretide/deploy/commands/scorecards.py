"""`foretide scorecards`: how good the forecasts are, over all applications."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

import click
import orjson
from msgspec import to_builtins

from foretide.deploy.scorecards.read import Newest, changes
from foretide.deploy.scorecards.table import Report, changes_of, rows_of, totals_of
from foretide.deploy.scorecards.text import text_of
from foretide.deploy.tables import unknown_name
from foretide.schemas.kafka.options import kafka_options
from foretide.schemas.kafka.settings import KafkaSettings
from foretide.schemas.messages import Scorecard
from foretide.schemas.service import run_until_stopped
from foretide.schemas.topics import SCORECARDS

INTERRUPTED = 130
"""Exit code when a signal came before the topic was read."""


@click.command()
@click.option("--app", help="This application only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object of scores and totals.")
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C; with --json an object a line.")
@kafka_options
def command(kafka: KafkaSettings, app: str | None, as_json: bool, follow: bool) -> None:
    """Print every application's newest scores, the worst first, and their medians.

    cov.9 is the share of outcomes at or below the .9 quantile: .9 is right. pinball is the loss of that quantile and
    error that of the median, relative to last value's: below 1 is better than to expect no change. leader is the error
    relative to that of the best plain rule of late. slack.9 is how far the .9 quantile stood above use, and unmet how
    far use stood above the .99 quantile, both relative to use. Changes of models that the newest scorecards tell, a
    challenger promoted or a drift of the errors, come last.
    """

    def show(fresh: dict[str, Scorecard], newest: Newest, *, first: bool) -> None:
        for line in newest.unreadable:
            click.echo(line, err=True)
        newest.unreadable.clear()
        if app is not None:
            fresh = {name: card for name, card in fresh.items() if name == app}
        if not fresh and not first:
            return
        if not fresh and not (as_json and app is None):
            nothing(newest)
            return
        every = [card for name, card in newest.cards.items() if app in (None, name)]
        report = Report(rows_of(fresh.values()), totals_of(rows_of(every)), changes_of(fresh.values()))
        text = orjson.dumps(to_builtins(report)).decode() if as_json else text_of(report)
        click.echo(text if first or as_json else f"\n{text}")

    def nothing(newest: Newest) -> None:
        if app is not None and not follow:
            raise click.ClickException(unknown_name(app, newest.cards, SCORECARDS))
        whose = "of any application" if app is None else f"of {app}"
        click.echo(f"no scorecard {whose} yet: profile workers write one every 60 windows", err=True)

    async def run(stop: asyncio.Event) -> int:
        newest, first = Newest(), True
        async with aclosing(changes(kafka, newest, stop)) as coming:
            async for fresh in coming:
                show(fresh, newest, first=first)
                first = False
                if not follow:
                    break
        return INTERRUPTED if first else 0

    sys.exit(run_until_stopped(run))
