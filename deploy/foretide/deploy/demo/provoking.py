"""A migration made to look bad, so that its way back is seen: which one, and the event that says so."""

from __future__ import annotations

from dataclasses import dataclass

from foretide.deploy.demo.cards import facts_for
from foretide.deploy.demo.figures import Figures
from foretide.schemas.messages import OomEvent


@dataclass(frozen=True, slots=True)
class Victim:
    """An application that has moved to `card`, where it holds `memory_bytes`."""

    app: str
    card: str
    memory_bytes: float


def hurtful_move(figures: Figures) -> Victim | None:
    """The first migration that was applied, still stands, led to less memory on another card, and is no way back."""
    for command in figures.commands.values():
        outcome = figures.outcomes.get(command.id)
        before, after = command.expected, command.desired
        if command.action != "migrate" or command.id in figures.returns or before is None or after is None:
            continue
        if outcome is None or outcome.status != "applied" or figures.app(command.app).held != after:
            continue
        memory = facts_for(figures.cards, after).memory(after)
        if memory < facts_for(figures.cards, before).memory(before):
            return Victim(command.app, after.resource, memory)
    return None


def oom_event(pool: str, run: str, victim: Victim, at_ms: int) -> OomEvent:
    """What an exporter would say of an application that ran out of memory at `at_ms` of event time."""
    return OomEvent(
        id=f"{run}/provoked/{victim.app}", pool=pool, at_ms=at_ms, app=victim.app, memory_bytes=victim.memory_bytes
    )
