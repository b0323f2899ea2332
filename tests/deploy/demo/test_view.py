"""The views show what they are told, at any size of terminal."""

from __future__ import annotations

import asyncio
import io
import time

import pytest
from rich.console import Console

from foretide.deploy.demo.bars import band_bar, gib, percent, sparkline
from foretide.deploy.demo.figures import Figures
from foretide.deploy.demo.status import RunStatus
from foretide.deploy.demo.view import LiveView, PlainView, progress_line
from support.runs import POOL, SOURCE, commanded, decided, outcome, predicted, telemetry


def some_figures(apps: int = 3) -> Figures:
    figures = Figures(POOL, SOURCE)
    for i in range(apps):
        figures.feed(telemetry(i, f"app-{i:03d}", 1_767_225_600_000, 0.3, at_ms=100))
        figures.feed(predicted(i, f"app-{i:03d}", based_on=i, at_ms=120))
    figures.feed(decided(0, "d1", "app-001"))
    figures.feed(commanded(0, "d1", "app-001"))
    figures.feed(outcome(0, "d1", "app-001", at_ms=150))
    return figures


def status() -> RunStatus:
    return RunStatus(
        stage="running", broker="kafka 4.3.1", source="trace", seconds=60.0, began=time.monotonic() - 12, cards=2
    )


def drawn(view: LiveView, console: Console) -> str:
    console.print(view.draw())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("size", [(80, 24), (160, 48), (250, 90)])
def test_the_screen_shows_applications_decisions_and_counts(size: tuple[int, int]) -> None:
    console = Console(file=io.StringIO(), width=size[0], height=size[1], force_terminal=True, color_system=None)
    text = drawn(LiveView(some_figures(), status(), console), console)
    for said in (
        "app-001",
        "3g.40gb",
        "kafka 4.3.1",
        "3 windows",
        "1 applied",
        "0.5 of 2 cards",
        "it asked",
        "running",
    ):
        assert said in " ".join(text.split())
    assert max(len(line) for line in text.splitlines()) <= size[0]
    assert len(text.splitlines()) <= size[1]


def test_what_does_not_fit_is_summed_up() -> None:
    console = Console(file=io.StringIO(), width=160, height=40, force_terminal=True, color_system=None)
    text = drawn(LiveView(some_figures(100), status(), console), console)
    assert "more" in text
    assert "app-001" in text, "the one that changed must be among those shown"
    assert len(text.splitlines()) <= 40


def test_a_name_with_markup_is_shown_as_it_is() -> None:
    figures = Figures(POOL, SOURCE)
    figures.feed(telemetry(0, "[red]x[/red]", 1_000, 0.3, at_ms=100))
    console = Console(file=io.StringIO(), width=160, height=40, force_terminal=True, color_system=None)
    assert "[red]x[/red]" in drawn(LiveView(figures, status(), console), console)


async def test_the_plain_view_writes_lines_and_notes() -> None:
    lines: list[str] = []
    view = PlainView(some_figures(), status(), lines.append, every_seconds=0.01)
    task = asyncio.create_task(view.run())
    view.say("killed plan")
    async with asyncio.timeout(5):
        while len(lines) < 3:  # noqa: ASYNC110 - the view is all there is to wait for
            await asyncio.sleep(0.01)
    task.cancel()
    assert lines[0] == "killed plan"
    assert lines[1] == progress_line(some_figures(), status())
    assert "3 windows · 3 predictions · 0 deviations · 1 commands, 1 applied · 0.5 of 2 cards held" in lines[1]


def test_the_band_lies_where_it_belongs() -> None:
    bar = band_bar(actual=0.0, low=0.5, high=0.7, extreme=0.9, limit=1.0, width=11)
    assert bar.plain == "┃    ▒▒▒░░▕"
    assert band_bar(None, None, None, None, None, 5).plain == "     "
    over = band_bar(actual=0.9, low=None, high=None, extreme=None, limit=0.5, width=11)
    assert any("red" in str(span.style) for span in over.spans)


def test_a_history_is_scaled_to_the_whole() -> None:
    assert sparkline([0.0, 0.5, 1.0], 5) == "  ▁▅█"
    assert sparkline([0.0, 2.0], 2) == "▁█"
    assert sparkline([float("nan")], 2) == "  "


def test_units() -> None:
    assert (gib(None), gib(2.5 * 1024**3)) == ("–", "2.5")
    assert (percent(None), percent(0.256)) == ("–", "26%")
