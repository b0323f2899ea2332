"""One number for a set of decisions, to compare a live run with its replay."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from foretide.schemas.codec import encode
from foretide.schemas.messages import Decision


def decision_hash(decisions: Iterable[Decision]) -> str:
    """SHA-256 over the distinct decisions in the order of the records they follow from.

    A worker that was killed writes some decisions twice under the same id; the first of each counts.
    """
    distinct: dict[str, Decision] = {}
    for decision in decisions:
        distinct.setdefault(decision.id, decision)
    digest = sha256()
    for decision in sorted(distinct.values(), key=_order):
        value = encode(decision)
        digest.update(len(value).to_bytes(8, "big"))
        digest.update(value)
    return digest.hexdigest()


def _order(decision: Decision) -> tuple[str, str, tuple[int, ...]]:
    topic, *numbers = decision.id.rsplit("/", 3)
    return decision.pool, topic, tuple(int(n) for n in numbers)
