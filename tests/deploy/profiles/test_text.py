"""Profiles in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from foretide.deploy.profiles.text import deviation_of, led_by, text_of
from foretide.deploy.profiles.view import DeviationView, view_of
from foretide.schemas.signals import SM_RATIO
from foretide.streams.profiling import ApplicationProfile, ProfileSettings
from foretide.streams.profiling.deviation import DeviationState
from foretide.streams.profiling.leading import LeadState
from foretide.streams.profiling.state import FORMAT
from foretide.streams.profiling.watch import Watch
from foretide.streams.worker.envelope import Envelope
from support.windows import window

SINCE = 1_767_225_600_000


@pytest.mark.parametrize(
    ("deviation", "says"),
    [
        (DeviationView("as predicted", None, 0, 12, None), "as predicted"),
        (
            DeviationView("outside", "above", 2, 0, SINCE),
            "above for 2 windows since 2026-01-01 00:00:00, no deviation yet",
        ),
        (DeviationView("deviating", "below", 9, 0, SINCE), "deviates: below since 2026-01-01 00:00:00"),
        (
            DeviationView("deviating", "above", 0, 2, SINCE),
            "deviates: above since 2026-01-01 00:00:00, inside again for 2 windows",
        ),
    ],
)
def test_a_deviation_in_words(deviation: DeviationView, says: str) -> None:
    assert deviation_of(deviation) == says


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        (DeviationState(run=0, inside=5), DeviationView("as predicted", None, 0, 5, None)),
        (DeviationState(run=-2, since_ms=SINCE), DeviationView("outside", "below", 2, 0, SINCE)),
        (DeviationState(run=4, active=1, since_ms=SINCE), DeviationView("deviating", "above", 4, 0, SINCE)),
        (DeviationState(inside=2, active=-1, since_ms=SINCE), DeviationView("deviating", "below", 0, 2, SINCE)),
    ],
)
def test_the_deviation_is_the_profiles_own(own: DeviationState, shown: DeviationView) -> None:
    profile = ApplicationProfile("a", ProfileSettings())
    profile.observe(window({SM_RATIO: [0.5]}))
    profile.signals[SM_RATIO].watch = Watch(own)
    view = view_of(profile, Envelope(FORMAT, "a", 0, 0, 1, b""), "g")
    assert [s.deviation for s in view.signals] == [shown]


def test_an_application_without_a_predicted_signal() -> None:
    profile = ApplicationProfile("a", ProfileSettings())
    profile.observe(window({"app.requests": [1.0]}))
    lines = text_of(view_of(profile, Envelope(FORMAT, "a", 0, 0, 1, b"12"), "g")).splitlines()
    assert len(lines) == 8
    assert lines[1:4] == [
        "phase        unknown; seen: unknown",
        "inputs       app.requests",
        "learning     yes: 1 of 30 windows learnt",
    ]
    assert lines[6] == "gaps         0, 0 s without telemetry in all"
    assert lines[7] == f"snapshot     {FORMAT}, 2 bytes; group g, partition 0 up to offset 0, epoch 1"


def test_who_leads_and_who_challenges_in_words() -> None:
    profile = ApplicationProfile("a", ProfileSettings())
    profile.observe(window({SM_RATIO: [0.5]}))
    profile.signals[SM_RATIO].lead = LeadState("ar", "linear", 12)
    (signal,) = view_of(profile, Envelope(FORMAT, "a", 0, 0, 1, b""), "g").signals
    assert (
        led_by(replace(signal, weights={"ar": 0.618, "linear": 0.3}))
        == "led by ar; challenged by linear, better in the latest 12 outcomes; made of ar 62 %, linear 30 %"
    )
    profile.signals[SM_RATIO].lead = LeadState("ar")
    (signal,) = view_of(profile, Envelope(FORMAT, "a", 0, 0, 1, b""), "g").signals
    assert led_by(replace(signal, weights={"ar": 1.0})) == "led by ar; made of ar 100 %"
