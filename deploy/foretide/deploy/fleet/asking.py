"""What was asked for, taken apart: the names of sources, the signals of each, the notes on them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from foretide.deploy.fleet.errors import FleetError
from foretide.schemas.topics import CATALOGUE, TELEMETRY

SYNTHETIC: Final = "synthetic"
FAMILIES: Final = "families"
"""The names of the made-up sources: applications as the synthetic exporter has them, and random series."""


@dataclass(frozen=True, slots=True)
class SignalChoice:
    """The signals to train on, by the source's names or ours; `everywhere` and those of one source alone."""

    everywhere: frozenset[str] = frozenset()
    by_source: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, source: str) -> frozenset[str] | None:
        """The signals of a source; None is all of them."""
        chosen = self.by_source.get(source, self.everywhere)
        return chosen or None


def is_topic(source: str) -> bool:
    """Whether a --from names a topic. FleetError if it is a topic that holds no telemetry."""
    if source in CATALOGUE and source != TELEMETRY:
        raise FleetError(f"--from {source}: that topic holds no telemetry. Give {TELEMETRY}, or a trace's path.")
    return source == TELEMETRY


def source_name(source: str) -> str:
    """What a --from is called: the topic, or the file's name without its ending."""
    if is_topic(source):
        return source
    name = source.replace("\\", "/").rstrip("/").rpartition("/")[2]
    for ending in (".gz", ".csv"):
        name = name.removesuffix(ending)
    return name


def source_names(sources: Sequence[str], *, synthetic: bool, families: bool) -> list[str]:
    """The names of all sources, the made-up ones last. FleetError if two have one name, or if there are none."""
    made_up = [name for name, asked in ((SYNTHETIC, synthetic), (FAMILIES, families)) if asked]
    names = [*(source_name(s) for s in sources), *made_up]
    if not names:
        raise FleetError("nothing to train on. Give --from TRACE, --from telemetry.v1, --synthetic N or --families N.")
    for name in names:
        if names.count(name) > 1:
            raise FleetError(f"two sources are called {name}. Give each once, and rename files that share a name.")
    return names


def parse_signals(texts: Iterable[str], names: Sequence[str]) -> SignalChoice:
    """`A,B` for every source, or `SOURCE=A,B` for one of `names`. FleetError names the option."""
    everywhere: set[str] = set()
    by_source: dict[str, frozenset[str]] = {}
    for text in texts:
        source, equals, rest = text.rpartition("=")
        chosen = frozenset(s.strip() for s in rest.split(",") if s.strip())
        if not chosen:
            raise FleetError(f"--signals {text!r} names no signal. Write it like gpu_duty_pct,gpu_mem_mib.")
        if equals:
            _known(f"--signals {text}", source, names)
            by_source[source] = by_source.get(source, frozenset()) | chosen
        else:
            everywhere |= chosen
    return SignalChoice(frozenset(everywhere), by_source)


def parse_notes(texts: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """`SOURCE=TEXT` for sources of `names`; of several for one the texts are joined. FleetError names the option."""
    notes: dict[str, str] = {}
    for text in texts:
        source, equals, note = text.partition("=")
        if not equals or not note.strip():
            raise FleetError(f"--note {text!r} is not SOURCE=TEXT. Write it like nab_aws='MIT'.")
        _known(f"--note {text}", source, names)
        notes[source] = f"{notes[source]}; {note.strip()}" if source in notes else note.strip()
    return notes


def _known(option: str, source: str, names: Sequence[str]) -> None:
    if source not in names:
        raise FleetError(f"{option}: there is no source {source!r}. There are {', '.join(names)}.")
