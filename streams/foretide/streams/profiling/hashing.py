"""One number for the final state of all profiles: equal after a live run and its replay."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from foretide.streams.profiling.state import decode_state


def model_hash(states: Mapping[str, bytes]) -> str:
    """SHA-256 over every application's name and snapshot payload, in the order of the names."""
    digest = hashlib.sha256()
    for app in sorted(states):
        name, payload = app.encode(), states[app]
        digest.update(len(name).to_bytes(4, "big") + name + len(payload).to_bytes(8, "big") + payload)
    return digest.hexdigest()


def windows_learned(payload: bytes) -> int:
    """How many windows a snapshot's profile has learnt."""
    return decode_state(payload).windows_learned
