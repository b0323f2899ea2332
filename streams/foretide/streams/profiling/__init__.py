"""What is known of each application: its profile, learnt from its telemetry alone. No I/O, no clock."""

from foretide.streams.profiling.errors import ProfileError
from foretide.streams.profiling.hashing import model_hash, windows_learned
from foretide.streams.profiling.processor import ProfileProcessor
from foretide.streams.profiling.profile import ApplicationProfile, RawForecast
from foretide.streams.profiling.settings import ProfileSettings, backtest_settings

__all__ = [
    "ApplicationProfile",
    "ProfileError",
    "ProfileProcessor",
    "ProfileSettings",
    "RawForecast",
    "backtest_settings",
    "model_hash",
    "windows_learned",
]
