"""Steps down that disturb are timed into predicted idle windows."""

from __future__ import annotations

from foretide.schemas.messages import Sizing
from foretide.streams.planning.sizing.agreement import Agreement
from foretide.streams.planning.sizing.need import Need


def idle_soon(need: Need, sizing: Sizing) -> bool:
    """Whether the application is busy, but more likely than not will be idle until the next chance to act: then it
    would not notice that its slice is made anew. One that goes on as it is has no better moment to wait for."""
    in_use = need.used_compute * sizing.compute_full_ratio
    return need.raise_compute <= sizing.idle_ratio < in_use


def waits_for_idle(need: Need, run: Agreement, at_ms: int, sizing: Sizing) -> bool:
    """Whether a step down that is agreed upon should wait for such a window: for so long, and no longer."""
    waited = at_ms - run.since_ms - sizing.step_down_seconds * 1000
    return waited < sizing.idle_wait_seconds * 1000 and idle_soon(need, sizing)
