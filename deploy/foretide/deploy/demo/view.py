"""The live view in a terminal, and one plain line every few seconds where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from foretide.deploy.demo.bars import band_bar, gib, percent, sparkline
from foretide.deploy.demo.cards import Facts, cost_in_use, facts_for, in_use
from foretide.deploy.demo.figures import AppFigures, Figures, SeenDecision
from foretide.deploy.demo.reconcile import percentile, slice_cost
from foretide.deploy.demo.status import RunStatus

_WIDE: Final = 120
_BAND_WIDTH: Final = 28
_HISTORY_WIDTH: Final = 20
_DECISION_ROWS: Final = 8
_ACTION_STYLES: Final = {
    "allocate": "green", "resize": "cyan", "migrate": "magenta", "release": "yellow", "hold": "dim",
}  # fmt: skip


class View(Protocol):
    """Shows the run until it is cancelled; `say` puts one line beside it."""

    async def run(self) -> None: ...

    def say(self, line: str) -> None: ...


class PlainView:
    """One line every `every_seconds`, for logs and pipes."""

    def __init__(
        self, figures: Figures, status: RunStatus, write: Callable[[str], None], every_seconds: float = 5.0
    ) -> None:
        self._figures = figures
        self._status = status
        self._write = write
        self._every = every_seconds

    async def run(self) -> None:
        """Write lines until cancelled."""
        while True:
            await asyncio.sleep(self._every)
            self._write(progress_line(self._figures, self._status))

    def say(self, line: str) -> None:
        """Write `line` at once."""
        self._write(line)


class LiveView:
    """The full screen: applications above, decisions below. Redrawn four times a second."""

    def __init__(self, figures: Figures, status: RunStatus, console: Console, every_seconds: float = 0.25) -> None:
        self._figures = figures
        self._status = status
        self._console = console
        self._every = every_seconds

    async def run(self) -> None:
        """Draw until cancelled; the terminal is then as it was before."""
        with Live(
            self.draw(), console=self._console, screen=True, auto_refresh=False, vertical_overflow="crop"
        ) as live:
            while True:
                await asyncio.sleep(self._every)
                live.update(self.draw(), refresh=True)

    def say(self, line: str) -> None:
        """Show `line` among the notes."""
        self._status.notes.append(line)

    def draw(self) -> RenderableType:
        """The screen as it should look now."""
        width, height = self._console.size
        notes = list(self._status.notes)
        decisions = list(self._figures.recent_decisions)[-_DECISION_ROWS:]
        head = 2 + -(-len(counts_line(self._figures, self._status)) // width)
        rows = max(2, height - head - 2 - (_DECISION_ROWS + 2) - len(notes))
        return Group(
            self._head(),
            applications_table(self._figures, rows, wide=width >= _WIDE),
            decisions_panel(decisions),
            *(Text(f" {note}", style="yellow", no_wrap=True, overflow="ellipsis") for note in notes),
        )

    def _head(self) -> RenderableType:
        status, figures = self._status, self._figures
        when = (
            datetime.fromtimestamp(figures.event_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M") if figures.event_ms else ""
        )
        title = Table.grid(expand=True)
        title.add_column(ratio=1, no_wrap=True)
        title.add_column(justify="right", no_wrap=True)
        title.add_row(
            f"[bold]foretide[/]  {escape(status.source)} at {status.speed:g}x on {escape(status.broker)}  "
            f"[dim]{when}[/]",
            f"[bold cyan]{status.stage}[/]",
        )
        bar = Table.grid(expand=True)
        bar.add_column(ratio=1)
        bar.add_row(ProgressBar(total=max(status.seconds, 1e-9), completed=min(status.elapsed, status.seconds)))
        return Group(title, bar, Text(counts_line(figures, status), style="bold"))


def applications_table(figures: Figures, rows: int, *, wide: bool) -> Table:
    """One row per application; those that changed most and the busiest if not all fit. Drawings only where `wide`."""
    table = Table(expand=True, box=None, padding=(0, 1), header_style="bold dim")
    table.add_column("application", no_wrap=True, ratio=2, overflow="ellipsis")
    table.add_column("phase", no_wrap=True, width=8)
    if wide:
        table.add_column("compute, lately", no_wrap=True, width=_HISTORY_WIDTH)
    table.add_column("now", justify="right", width=5)
    if wide:
        table.add_column("0    peak in 15 minutes    1", no_wrap=True, width=_BAND_WIDTH)
    table.add_column("GiB now", justify="right", width=7)
    table.add_column("≤ q99", justify="right", width=6)
    table.add_column("slice", no_wrap=True, width=8)
    table.add_column("on card", no_wrap=True, width=13, overflow="ellipsis")
    apps = sorted(figures.apps.values(), key=lambda a: a.name)
    shown = apps if len(apps) <= rows else sorted(sorted(apps, key=_interest, reverse=True)[: rows - 1], key=_name)
    for app in shown:
        table.add_row(*_row(app, figures.cards, wide=wide))
    if len(shown) < len(apps):
        table.add_row(Text(f"and {len(apps) - len(shown)} more", style="dim"))
    return table


def decisions_panel(decisions: list[SeenDecision]) -> Panel:
    """The latest decisions and why."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, width=5)
    table.add_column(no_wrap=True, max_width=22, overflow="ellipsis")
    table.add_column(no_wrap=True, width=8)
    table.add_column(no_wrap=True, width=19)
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    for d in decisions:
        style = _ACTION_STYLES.get(d.action, "")
        change = f"{d.held or '–'} → {d.wanted}" if d.wanted else (d.held or "–")
        when = datetime.fromtimestamp(d.at_ms / 1000, UTC).strftime("%H:%M")
        why = f"({d.guard}) {d.reason}" if d.guard else d.reason
        table.add_row(Text(when, style="dim"), Text(d.app), Text(d.action, style=style), Text(change), Text(why))
    for _ in range(_DECISION_ROWS - len(decisions)):
        table.add_row()
    return Panel(table, title="decisions", title_align="left", border_style="dim")


def counts_line(figures: Figures, status: RunStatus) -> str:
    """The counters, in one line."""
    places = [app.held for app in figures.apps.values()]
    held = sum(slice_cost(p, facts_for(figures.cards, p)) for p in places if p is not None)
    used, cost = in_use(figures.cards, places), cost_in_use(figures.cards, places)
    latency = percentile(sorted(figures.recent_latencies), 0.99)
    parts = [
        f"{len(figures.windows):,} windows",
        f"{len(figures.predictions):,} predictions",
        f"{len(figures.deviations):,} deviations",
        f"{len(figures.commands)} commands, {figures.statuses['applied']} applied",
        f"{held:.1f} of {status.cards} cards held",
    ]
    if used:
        price = "" if cost is None else f" for {cost:.2f} an hour"
        parts.append(f"in use {', '.join(f'{n} {kind}' for kind, n in used.items())}{price}")
    if migrations := figures.applied("migrate"):
        parts.append(f"{migrations} migrations, {figures.applied('migrate', back=True)} back")
    if latency is not None:
        parts.append(f"p99 {latency:.0f} ms")
    if len(figures.dead_letters):
        parts.append(f"{len(figures.dead_letters)} dead letters")
    if status.kills:
        parts.append(f"{status.kills} kills")
    return " · ".join(parts)


def progress_line(figures: Figures, status: RunStatus) -> str:
    """One plain line about the run."""
    return f"{status.elapsed:5.0f} s  {status.stage:<9}  {counts_line(figures, status)}"


def _name(app: AppFigures) -> str:
    return app.name


def _interest(app: AppFigures) -> tuple[int, float]:
    return app.changes, app.use or 0.0


def _row(app: AppFigures, cards: Facts, *, wide: bool) -> list[RenderableType]:
    card = facts_for(cards, app.held) if app.held else None
    limit = card.compute(app.held) if card and app.held else None
    memory_limit = card.memory(app.held) if card and app.held else None
    band = app.compute_band
    over = app.use is not None and limit is not None and app.use > limit + 1e-9
    full = app.memory is not None and memory_limit is not None and app.memory > memory_limit
    cells: list[RenderableType] = [Text(app.name), Text(app.phase, style="dim" if app.learning else "")]
    now = Text(percent(app.use), style="bold red" if over else "")
    if wide:
        low, high, extreme = (band.q50, band.q95, band.q99) if band else (None, None, None)
        history = Text(sparkline(list(app.history), _HISTORY_WIDTH), style="green")
        cells += [history, now, band_bar(app.use, low, high, extreme, limit, _BAND_WIDTH)]
    else:
        cells.append(now)
    return [
        *cells,
        Text(gib(app.memory), style="bold red" if full else ""),
        Text(gib(app.memory_band.q99 if app.memory_band else None)),
        Text(app.held.slice if app.held else "–", style="yellow"),
        Text(app.held.resource if app.held else "", style="dim"),
    ]
