"""Predictions written as JSON at once are what the messages' own encoding gives, byte by byte."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.schemas.codec import encode
from foretide.schemas.messages import Prediction, RecordRef
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.topics import PREDICTIONS
from foretide.streams.forecasting.ladder import Horizon
from foretide.streams.profiling import ApplicationProfile, ProfileProcessor, ProfileSettings
from foretide.streams.profiling.answers import prediction
from foretide.streams.profiling.outlook import Outlooks
from foretide.streams.profiling.signal import SignalProfile
from foretide.streams.profiling.survey import survey
from foretide.streams.profiling.writing import predictions
from foretide.streams.worker.stamps import stamped
from foretide.streams.worker.written import WrittenOutput
from support.profiles import profiles
from support.windows import record, window

KNOWN = profiles([1, 2, 12, 70])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


def surveyed(found: list[ApplicationProfile]) -> list[Outlooks[SignalProfile]]:
    return survey(signal for profile in found for signal in profile.signals.values())


def ref(offset: int) -> RecordRef:
    return RecordRef(topic="telemetry.v1", partition=3, offset=offset)


def altered(seen: Outlooks[SignalProfile], numbers: list[float], ratio: float | None) -> Outlooks[SignalProfile]:
    """The same outlooks with other quantiles and another loss."""
    rows = seen.quantiles.copy()
    for i in range(len(seen.group)):
        rows[i].flat = sorted((numbers * rows[i].size)[: rows[i].size])
    loss = seen.pinball_ratio.copy()
    loss[:] = float("nan") if ratio is None else ratio
    return seen._replace(quantiles=rows, pinball_ratio=loss)


@settings(max_examples=60, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=40), st.none() | NUMBERS, NUMBERS, WORDS, WORDS, st.booleans())
def test_every_number_and_text_is_written_as_in_the_message(
    numbers: list[float], ratio: float | None, last: float, app: str, phase: str, learning: bool
) -> None:
    found = []
    for profile in KNOWN:
        profile.app, profile.phase, profile.learning = app, phase, learning
        for signal in profile.signals.values():
            signal.last = last
        found.append((profile, ref(7)))
    seen = [altered(one, numbers, ratio) for one in surveyed(KNOWN)]
    for one in seen:
        for place, signal in enumerate(one.group):
            signal.see(one, place, None)
    bodies = predictions(found, seen)
    assert bodies is not None
    for (profile, based_on), body in zip(found, bodies, strict=True):
        whole = WrittenOutput(PREDICTIONS, profile.app, body).encoded(12, 0)
        assert whole == encode(stamped(prediction(profile, based_on), 12, 0))


@pytest.mark.parametrize("place", ["quantiles", "order", "loss", "last"])
def test_a_number_that_is_not_fit_for_a_message_is_left_to_the_message(place: str) -> None:
    known = profiles([30])
    (seen,) = surveyed(known)
    match place:
        case "quantiles":
            seen.quantiles[0, 1, 3] = float("inf")
        case "order":
            seen.quantiles[1, 2, 0] = seen.quantiles[1, 2, 3] + 1.0
        case "loss":
            seen.pinball_ratio[0] = float("inf")
        case _:
            seen.group[0].last = float("nan")
    assert predictions([(known[0], ref(0))], [seen]) is None


def test_an_application_without_a_predicted_signal_has_an_empty_list() -> None:
    core = ProfileProcessor()
    (output,) = core.handle(record(window({SM_RATIO: [None] * 5}), 0))
    assert isinstance(output.message, Prediction)
    assert output.message.forecasts == []


def test_what_comes_of_a_window_reads_as_what_the_profile_says() -> None:
    core, draw = ProfileProcessor(), random.Random(3)
    for i in range(40):
        read = window({SM_RATIO: [draw.random() for _ in range(5)]}, sample=5 * i)
        output = core.handle(record(read, i))[0]
        profile = core._profiles[read.app]
        said = prediction(profile, RecordRef(topic="telemetry.v1", partition=0, offset=i))
        assert output.message == said
        assert output.encoded(4, 0) == encode(stamped(said, 4, 0))


def test_where_the_messages_themselves_are_needed_the_same_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    written, made = ProfileProcessor(), ProfileProcessor()
    draw = random.Random(4)
    for i in range(30):
        read = record(window({SM_RATIO: [draw.random() for _ in range(5)]}, sample=5 * i), i)
        found = [o.encoded(1, 0) for o in written.handle(read)]
        with monkeypatch.context() as patch:
            patch.setattr("foretide.streams.profiling.processor.predictions", lambda *_: None)
            assert [o.encoded(1, 0) for o in made.handle(read)] == found


def test_a_per_cent_sign_is_written_as_any_other() -> None:
    (known,) = profiles([30])
    seen = surveyed([known])
    for signal in known.signals.values():
        signal.name = f"app.100%b_{signal.name}%"
    known.signals = {signal.name: signal for signal in known.signals.values()}
    bodies = predictions([(known, ref(0))], seen)
    assert bodies is not None
    assert WrittenOutput(PREDICTIONS, known.app, bodies[0]).encoded(0, 0) == encode(prediction(known, ref(0)))


def test_one_horizon_is_written_too() -> None:
    horizons = (Horizon("peak", 60_000), Horizon("mean", 60_000))
    core, draw = ProfileProcessor(replace(ProfileSettings(), horizons=horizons)), random.Random(6)
    for i in range(10):
        read = window({SM_RATIO: [draw.random()], GPU_MEMORY: [draw.random()]}, sample=i)
        output = core.handle(record(read, i))[0]
        assert isinstance(output, WrittenOutput)
        said = prediction(core._profiles[read.app], RecordRef(topic="telemetry.v1", partition=0, offset=i))
        assert output.encoded(0, 0) == encode(said)
