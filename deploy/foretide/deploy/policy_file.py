"""A pool's policy from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson

from foretide.schemas.codec import parse
from foretide.schemas.errors import InvalidMessage, SettingsError
from foretide.schemas.messages import PolicyEvent
from foretide.schemas.topics import POOL_EVENTS

FIELDS: Final = frozenset(PolicyEvent.__struct_fields__) - {"id", "pool", "at_ms", "version"}


def policy_of(path: Path, pool: str, event_id: str, at_ms: int) -> PolicyEvent:
    """The policy event that the JSON object in `path` stands for.

    SettingsError names the file, the field and what is wrong. A field that no policy has is refused: a message may hold
    what an older reader does not know, but a person who misspells "budget" must hear of it.
    """
    try:
        fields = orjson.loads(path.read_bytes())
    except OSError as e:
        raise SettingsError(str(path), f"cannot be read: {e.strerror or e}", "Name a file with a JSON object.") from e
    except orjson.JSONDecodeError as e:
        raise SettingsError(str(path), f"not JSON: {e}", "Write one JSON object.") from e
    if not isinstance(fields, dict):
        raise SettingsError(str(path), f"a JSON object is needed, got {type(fields).__name__}", "Put it in braces.")
    if unknown := sorted(set(fields) - FIELDS):
        raise SettingsError(str(path), f"no policy has {unknown[0]!r}", f"There are {', '.join(sorted(FIELDS))}.")
    event = {"version": 1, "kind": "policy", "default": {}, **fields, "id": event_id, "pool": pool, "at_ms": at_ms}
    try:
        found = parse(POOL_EVENTS, orjson.dumps(event))
    except InvalidMessage as e:
        raise SettingsError(f"{path}: {e.place}", e.reason, "Correct the file.") from e
    assert isinstance(found, PolicyEvent)
    return found
