"""The gate to a planner, asked about whole forecasts."""

from __future__ import annotations

from foretide.schemas.messages import ForecastEvent
from foretide.streams.planning.sizing import need_of
from foretide.streams.profiling.gate import GateState, Why, why_tell
from foretide.streams.profiling.settings import GateSettings


def why_send(state: GateState, forecast: ForecastEvent, settings: GateSettings) -> Why | None:
    """Why `forecast` should be sent (its own `why` is not looked at), or None."""
    return why_tell(state, need_of(forecast, settings.sizing), forecast.at_ms, forecast.learning, settings)
