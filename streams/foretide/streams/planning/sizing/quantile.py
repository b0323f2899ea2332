"""The first two steps: the predicted peak up to a horizon, and a margin on it."""

from __future__ import annotations

from collections.abc import Sequence

from foretide.schemas.messages import SignalNeed


def horizon_reach(horizons: Sequence[float], seconds: float) -> float:
    """The shortest of `horizons` that reaches `seconds`, or the longest there is."""
    reaching = [h for h in horizons if h >= seconds]
    return min(reaching) if reaching else max(horizons)


def peak_ahead(needs: Sequence[SignalNeed], quantile: str, seconds: float) -> float | None:
    """The quantile of the peak over the next `seconds`, or None without a forecast.

    The largest over all horizons up to there: a shorter horizon's peak is part of a longer one's, whatever the models
    of the two say.
    """
    if not needs:
        return None
    reach = horizon_reach([n.horizon_seconds for n in needs], seconds)
    return max(float(getattr(n.peak, quantile)) for n in needs if n.horizon_seconds <= reach)


def with_margin(value: float, margin: float) -> float:
    """`value` with the share `margin` added; a negative forecast counts as zero."""
    return max(value, 0.0) * (1.0 + margin)
