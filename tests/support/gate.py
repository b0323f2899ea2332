"""The gate to a planner, asked about whole forecasts."""

from __future__ import annotations

from foretide.schemas.messages import ForecastEvent
from foretide.streams.planning.sizing import need_of
from foretide.streams.profiling.gate import GateState, Glance, Why, why_tell
from foretide.streams.profiling.glance import Glancing
from foretide.streams.profiling.profile import ApplicationProfile
from foretide.streams.profiling.settings import GateSettings
from foretide.streams.profiling.survey import survey


def why_send(state: GateState, forecast: ForecastEvent, settings: GateSettings) -> Why | None:
    """Why `forecast` should be sent (its own `why` is not looked at), or None."""
    return why_tell(state, need_of(forecast, settings.sizing), forecast.at_ms, forecast.learning, settings)


def glances(profiles: list[ApplicationProfile], glancing: Glancing) -> list[Glance]:
    """The profiles at a glance, surveyed for it."""
    rows = glancing(profiles, survey(signal for profile in profiles for signal in profile.signals.values()))
    return [Glance(*row) for row in rows.tolist()]
