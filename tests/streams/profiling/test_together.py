"""Many applications handled together: the same bytes as one by one, whatever is among them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from foretide.schemas.codec import encode
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import RecordRef, TelemetryWindow
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.units import GIB
from foretide.streams.fleet import default_network
from foretide.streams.forecasting.banks import Banks
from foretide.streams.profiling import ApplicationProfile, ProfileProcessor, ProfileSettings, backtest_settings
from foretide.streams.profiling.survey import survey, weigh_all
from foretide.streams.worker.processor import Output, Record
from support.windows import record, window

APPS = ("a", "b", "c", "d", "e")
BAD = (b"{}", b"", None, b'{"v":1}')


def usage(app: str, windows: int) -> list[TelemetryWindow]:
    """Each application has its own signals, phases, gaps, and pauses; some windows come twice."""
    rng, found, sample = random.Random(app), [], 0
    for _ in range(windows):
        own: dict[str, list[float | None]] = {
            GPU_MEMORY: [(12.0 + rng.gauss(0.0, 3.0)) * GIB if rng.random() < 0.9 else None for _ in range(5)]
        }
        if app in "ace":
            own[SM_RATIO] = [rng.random() for _ in range(5)]
        if app in "bc":
            own["app.queue"] = [rng.random() for _ in range(5)]
        found.append(with_fields(window(own, sample=sample, app=app), phase=rng.choice([None, "x", "y"])))
        sample += rng.choice([0, 3, 5, 5, 5, 5, 5, 5, 40])
    return found


def sent(outputs: Sequence[Output]) -> list[tuple[str, str, bytes]]:
    return [(o.topic, o.key, encode(o.message)) for o in outputs]


def one_by_one(records: Sequence[Record], processor: ProfileProcessor) -> list[list[tuple[str, str, bytes]] | str]:
    found: list[list[tuple[str, str, bytes]] | str] = []
    for r in records:
        try:
            found.append(sent(processor.handle(r)))
        except InvalidMessage as e:
            found.append(str(e))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_records_handled_together_are_answered_as_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    left = {app: [record(w, 100 * n + i) for i, w in enumerate(usage(app, 24))] for n, app in enumerate(APPS)}
    whole, single = ProfileProcessor(), ProfileProcessor()
    while any(left.values()):
        apps = rng.sample(APPS, rng.randint(1, len(APPS)))
        batch = [left[app].pop(0) for app in apps if left[app]]
        if rng.random() < 0.4:
            broken = Record("telemetry.v1", 0, 999, rng.choice(["z", "a"]), rng.choice(BAD), 0)
            batch = [broken, *[r for r in batch if r.key != broken.key]]
            rng.shuffle(batch)
        expected = one_by_one(batch, single)
        found = whole.handle_all(batch)
        assert [str(f) if isinstance(f, Exception) else sent(f) for f in found] == expected
        assert all(isinstance(f, InvalidMessage) for f in found if isinstance(f, Exception))
        if rng.random() < 0.15:
            app = rng.choice([a for a in APPS if a in whole._profiles] or [""])
            if app:
                payload = whole.snapshot(app)
                whole.forget(app)
                whole.restore(app, payload)
    for app in APPS:
        if app in single._profiles:
            assert whole.snapshot(app) == single.snapshot(app)
    assert "z" not in whole._profiles


def test_windows_observed_together_are_answered_as_one_by_one() -> None:
    logs = [usage(app, 20) for app in APPS]
    whole, single, read = (ProfileProcessor() for _ in range(3))
    for i, windows in enumerate(zip(*logs, strict=True)):
        pairs = [(w, RecordRef(topic="telemetry.v1", partition=0, offset=10 * i + n)) for n, w in enumerate(windows)]
        found = [sent(f) for f in whole.observe_all(pairs)]
        assert found == [sent(single.observe(*pair)) for pair in reversed(pairs)][::-1]
        assert found == one_by_one([record(w, ref.offset) for w, ref in pairs], read)
    for app in APPS:
        assert whole.snapshot(app) == single.snapshot(app) == read.snapshot(app)


def test_nothing_at_all_is_answered_by_nothing() -> None:
    assert ProfileProcessor().handle_all([]) == []
    assert ProfileProcessor().observe_all([]) == []


@pytest.mark.parametrize("chosen", [ProfileSettings(), backtest_settings(None, (2, 7))], ids=["live", "backtest"])
def test_to_observe_is_to_take_to_step_and_to_finish(chosen: ProfileSettings) -> None:
    network = default_network()
    whole, parts = ApplicationProfile("c", chosen), ApplicationProfile("c", chosen, Banks(network))
    for one in usage("c", 60):
        seen, taken = whole.observe(one), parts.take(one)
        if taken.samples:
            parts.banks.step(taken.due)
            assert parts.finish(weigh_all(survey(parts.signals.values()))) == seen.changes
        assert (taken.samples, taken.departures) == (seen.samples, seen.departures)
        assert parts.raw_forecasts() == whole.raw_forecasts()
    assert parts.dump() == whole.dump()
    assert whole.duplicates > 0
    assert whole.windows_learned + whole.duplicates == 60


def test_profiles_that_share_banks_do_not_touch_each_other() -> None:
    chosen, banks = replace(ProfileSettings(), learning_windows=3), Banks(default_network())
    logs = {app: usage(app, 20) for app in APPS}
    shared = {app: ApplicationProfile(app, chosen, banks) for app in APPS}
    for i in range(20):
        if i == 12:
            shared.pop("b").remove()
            shared["b2"] = ApplicationProfile("b", chosen, banks)
        for app, profile in shared.items():
            profile.observe(logs[app[0]][i])
    for app, profile in shared.items():
        alone = ApplicationProfile(profile.app, chosen)
        for one in logs[app[0]][12 if app == "b2" else 0 :]:
            alone.observe(one)
        assert profile.dump() == alone.dump()
