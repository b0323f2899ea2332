"""Which series a fleet model was trained on: what it forecasts of those says little of others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from foretide.deploy.fleet.asking import source_name
from foretide.deploy.fleet.choosing import seen_in
from foretide.streams.fleet.file import DEFAULT_NAME, content_of, parse

Seen = Callable[[str, str], bool]
"""Whether a series was trained on, by its application and the trace's name of its signal."""


def nothing_seen(app: str, signal: str) -> bool:
    """No series was."""
    return False


def seen_by_default(trace: Path | None) -> Seen:
    """The series of a trace that the model that ships with the package was trained on; None is a running system's
    topic, which it cannot know. FleetFileError if that model is damaged."""
    if trace is None:
        return nothing_seen
    return seen_in(parse(content_of(None), DEFAULT_NAME)[1], source_name(str(trace)))
