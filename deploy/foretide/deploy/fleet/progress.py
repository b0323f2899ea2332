"""Progress of long work on stderr: a bar on a terminal, a line every tenth otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Told = Callable[[int, int, str], None]
"""Hears how much is done, of how much, and what else there is to say."""


class Progress:
    """Stages one after the other, each with a count of its own and the time it still needs."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, live: bool | None = None) -> None:
        self._clock = clock
        self._live = sys.stderr.isatty() if live is None else live

    def say(self, text: str) -> None:
        """A line of its own, for what cannot tell how far it is."""
        click.echo(text, err=True)

    @contextmanager
    def stage(self, title: str, unit: str) -> Iterator[Told]:
        """A stage; what it gives is to be called as the work goes on."""
        stage = _Stage(title, unit, self._clock, self._live)
        try:
            yield stage.told
        finally:
            stage.end()


class _Stage:
    def __init__(self, title: str, unit: str, clock: Callable[[], float], live: bool) -> None:
        self._title = title
        self._unit = unit
        self._clock = clock
        self._live = live
        self._began = clock()
        self._tenth = -1
        self._width = 0

    def told(self, done: int, whole: int, more: str) -> None:
        text = f"{self._title}: {self._unit} {done} of {whole}"
        if more:
            text += f", {more}"
        if 0 < done < whole:
            text += f", {left((self._clock() - self._began) / done * (whole - done))} left"
        if self._live:
            full = 40 * done // max(1, whole)
            line = f"{'█' * full + '·' * (40 - full)} {100 * done // max(1, whole):3d} %  {text}"
            click.echo("\r" + line.ljust(self._width), nl=False, err=True)
            self._width = len(line)
        elif 10 * done // max(1, whole) > self._tenth:
            self._tenth = 10 * done // max(1, whole)
            click.echo(f"{100 * done // max(1, whole)} %: {text}", err=True)

    def end(self) -> None:
        if self._live and self._width:
            click.echo(err=True)


def left(seconds: float) -> str:
    """Time that is left, no finer than it can be known."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{seconds / 3600:.1f} h"
