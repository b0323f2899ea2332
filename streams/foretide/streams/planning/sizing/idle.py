"""Steps down that disturb are timed into idle windows."""

from __future__ import annotations

from foretide.schemas.messages import Sizing
from foretide.streams.planning.sizing.agreement import Agreement
from foretide.streams.planning.sizing.need import Need


def idle_ahead(need: Need, sizing: Sizing) -> bool:
    """Whether the application does nothing now and is not expected to until the next chance to act: then it does not
    notice that its slice is made anew."""
    in_use = need.used_compute * sizing.compute_full_ratio
    return max(in_use, need.raise_compute) <= sizing.idle_ratio


def waits_for_idle(need: Need, run: Agreement, at_ms: int, sizing: Sizing) -> bool:
    """Whether a step down that is agreed upon should wait for such a window: for so long, and no longer."""
    waited = at_ms - run.since_ms - sizing.step_down_seconds * 1000
    return waited < sizing.idle_wait_seconds * 1000 and not idle_ahead(need, sizing)
