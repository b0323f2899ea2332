"""Ids that say where a message comes from, so that a repeated one is recognised.

Every output is named after the input record it follows from: a worker that handles a record twice writes the same ids.
"""

from __future__ import annotations


def record_id(topic: str, partition: int, offset: int, index: int | None = None) -> str:
    """The id of a record, or of the `index`-th output that follows from it: `pool-events.v1/0/88/1`."""
    base = f"{topic}/{partition}/{offset}"
    return base if index is None else f"{base}/{index}"


def outcome_id(command_id: str) -> str:
    """The id of the one outcome of a command."""
    return f"{command_id}/outcome"
