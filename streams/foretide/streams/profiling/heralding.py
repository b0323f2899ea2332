"""What of many profiles' newest windows goes to the planner. Mostly it is nothing, and a comparison tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foretide.streams.profiling.gate import Glance, Why, why_tell, worth_a_look
from foretide.streams.profiling.glance import Glancing
from foretide.streams.profiling.needing import need_now
from foretide.streams.profiling.outlook import Outlooks
from foretide.streams.profiling.profile import ApplicationProfile
from foretide.streams.profiling.quiet import limits_of, packed, quiet
from foretide.streams.profiling.settings import ProfileSettings
from foretide.streams.profiling.signal import SignalProfile


class Herald:
    """Keeps each profile's gate, and tells which of their forecasts should pass it."""

    def __init__(self, settings: ProfileSettings) -> None:
        self._gate = settings.gate
        self._glance = Glancing(settings.horizons, settings.gate.sizing)

    def __call__(
        self, profiles: Sequence[ApplicationProfile], surveyed: Sequence[Outlooks[SignalProfile]]
    ) -> Iterator[tuple[int, Why]]:
        """The places of those `profiles` that the planner should hear of after their newest window, and why;
        `surveyed` are the outlooks of their signals."""
        places = [place for place, profile in enumerate(profiles) if _reached(profile)]
        if not places:
            return
        sized = [profiles[place] for place in places]
        for profile in sized:
            if not profile.limits:
                profile.limits = packed(limits_of(profile.gate, self._gate))
        seen = self._glance(sized, surveyed)
        calm = quiet(seen, [profile.limits for profile in sized])
        for row, (place, profile) in enumerate(zip(places, sized, strict=True)):
            if not calm[row] and (why := self._look(profile, Glance(*seen[row].tolist()))) is not None:
                yield place, why

    def _look(self, profile: ApplicationProfile, seen: Glance) -> Why | None:
        gate, state = self._gate, profile.gate
        if not worth_a_look(state, seen, gate):
            return None
        profile.limits = b""
        return why_tell(state, need_now(profile, seen, gate.sizing), profile.last_ms, profile.learning, gate)


def _reached(profile: ApplicationProfile) -> bool:
    """Whether the planner sizes by any signal of the profile; what these have reached is taken in."""
    sized, state, at_ms = False, profile.gate, profile.last_ms
    for signal in profile.signals.values():
        if signal.sized:
            sized = True
            if signal.peak is not None:
                state.reach(at_ms, signal.name, signal.peak)
    return sized
