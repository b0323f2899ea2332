from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from foretide.schemas.codec import encode
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import ForecastEvent, Prediction, Scorecard, TelemetryWindow
from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.schemas.topics import POOL_EVENTS, PREDICTIONS
from foretide.schemas.units import GIB
from foretide.streams.profiling import ProfileError, ProfileProcessor, model_hash
from foretide.streams.profiling.state import decode_state
from foretide.streams.worker.processor import Output, Record
from support.windows import record, window


def usage(app: str, windows: int) -> list[TelemetryWindow]:
    rng = random.Random(app)
    return [
        window(
            {
                SM_RATIO: [min(1.0, max(0.0, 0.3 + rng.gauss(0.0, 0.1))) for _ in range(5)],
                GPU_MEMORY: [(12.0 + rng.gauss(0.0, 0.5)) * GIB for _ in range(5)],
            },
            sample=5 * i,
            app=app,
        )
        for i in range(windows)
    ]


def log(windows: int) -> dict[str, list[Record]]:
    return {app: [record(m, 1000 * n + i) for i, m in enumerate(usage(app, windows))] for n, app in enumerate("abc")}


def sent(outputs: list[Output]) -> list[tuple[str, str, bytes]]:
    return [(o.topic, o.key, encode(o.message)) for o in outputs]


def test_other_applications_and_batches_do_not_change_an_applications_results() -> None:
    records = log(70)
    alone = {}
    for app, own in records.items():
        processor = ProfileProcessor()
        alone[app] = (sent([o for r in own for o in processor.handle(r)]), processor.snapshot(app))
    rng, mixed, left = random.Random(2), ProfileProcessor(), {a: list(own) for a, own in records.items()}
    found: dict[str, list[Output]] = {a: [] for a in records}
    while any(left.values()):
        app = rng.choice([a for a, own in left.items() if own])
        for _ in range(min(rng.randint(1, 9), len(left[app]))):
            found[app] += mixed.handle(left[app].pop(0))
        if rng.random() < 0.1:
            payload = mixed.snapshot(app)
            mixed.forget(app)
            mixed.restore(app, payload)
    for app, (outputs, payload) in alone.items():
        assert sent(found[app]) == outputs
        assert mixed.snapshot(app) == payload


@pytest.mark.timeout(60)
def test_the_hash_seed_does_not_change_results() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from profile_cost import measure\n"
        "print(measure(2, 60, 2000, 1).model_hash)"
    )
    folder = str(Path(__file__).resolve().parents[3] / "benchmarks")
    hashes = {
        subprocess.run(
            [sys.executable, "-c", script, folder],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=50,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 64


def test_each_new_window_is_answered_by_a_prediction_of_its_own_record() -> None:
    processor = ProfileProcessor()
    first = record(usage("a", 1)[0], 17)
    outputs = processor.handle(first)
    prediction = next(o.message for o in outputs if o.topic == PREDICTIONS)
    assert isinstance(prediction, Prediction)
    assert (prediction.app, prediction.based_on.offset, prediction.learning, prediction.epoch) == ("a", 17, True, 0)
    assert [f.signal for f in prediction.forecasts] == [SM_RATIO, GPU_MEMORY]
    event = next(o for o in outputs if o.topic == POOL_EVENTS)
    assert isinstance(event.message, ForecastEvent)
    assert (event.key, event.message.why, len(event.message.needs)) == ("default", "first", 8)
    assert event.message.id == prediction.id + "/forecast"
    assert processor.handle(first) == []


def test_scorecards_come_every_sixty_windows_with_ratios_to_last_value() -> None:
    processor, cards = ProfileProcessor(), []
    for r in log(180)["a"]:
        cards += [o.message for o in processor.handle(r) if isinstance(o.message, Scorecard)]
    assert [c.based_on.offset for c in cards if not c.changes] == [59, 119, 179]
    card = cards[-1]
    scores = {(s.signal, s.horizon_seconds): s for s in card.scores}
    shortest = scores[SM_RATIO, 60.0]
    assert shortest.outcomes == 174
    # A peak of 30 draws lies far above the last one: last value is a bad forecast of it.
    assert shortest.pinball90_ratio is not None
    assert 0.0 < shortest.pinball90_ratio < 0.5
    assert shortest.error_ratio is not None
    assert 0.0 < shortest.error_ratio < 1.0
    assert 0.7 <= shortest.coverage90 <= 1.0
    # The maximum of the last 12 windows is a far better rule than last value.
    assert shortest.leader_ratio is not None
    assert shortest.error_ratio < shortest.leader_ratio < 1.5
    assert shortest.slack90 is not None
    assert shortest.slack99 is not None
    assert 0.0 < shortest.slack90 < shortest.slack99 < 1.0
    assert shortest.above99 is not None
    assert shortest.unmet99 is not None
    assert 0.0 <= shortest.unmet99 < shortest.above99 < 0.1


def swinging(windows: int) -> list[Record]:
    """Both signals go up and down in turns that no clock knows: an autoregression tells them best."""
    told = [
        window(
            {
                SM_RATIO: [0.5 + 0.3 * math.sin(i / 1.7)] * 5,
                GPU_MEMORY: [(12.0 + 4.0 * math.sin(i / 2.3)) * GIB] * 5,
            },
            sample=5 * i,
            app="a",
        )
        for i in range(windows)
    ]
    return [record(m, i) for i, m in enumerate(told)]


def test_a_change_of_models_is_published_with_its_window() -> None:
    processor, cards = ProfileProcessor(), []
    for r in swinging(180):
        cards += [o.message for o in processor.handle(r) if isinstance(o.message, Scorecard)]
    changes = [(c, change) for c in cards for change in c.changes]
    assert changes
    for card, change in changes:
        assert (change.at_ms, change.horizon_seconds) == (card.at_ms, 60.0)
        assert {s.signal for s in card.scores} == {SM_RATIO, GPU_MEMORY}
        assert change.kind == "promoted"
        assert change.loss_ratio is not None
        assert change.loss_ratio < 0.98
    for signal in (SM_RATIO, GPU_MEMORY):
        own = [change for _, change in changes if change.signal == signal]
        assert own
        assert [c.before for c in own] == ["fleet", *[c.after for c in own]][: len(own)]


def test_a_record_that_breaks_the_contract_changes_nothing() -> None:
    processor = ProfileProcessor()
    good, *later = log(3)["a"]
    processor.handle(good)
    before = processor.snapshot("a")
    wrong = Record(good.topic, 0, 5, "b", later[0].value, 0)
    with pytest.raises(InvalidMessage, match="'a', but the record's key is 'b'"):
        processor.handle(wrong)
    with pytest.raises(InvalidMessage):
        processor.handle(Record(good.topic, 0, 6, "a", b"{}", 0))
    assert processor.snapshot("a") == before
    with pytest.raises(KeyError):
        processor.snapshot("b")


def test_a_snapshot_is_put_back_under_its_own_key_only() -> None:
    processor = ProfileProcessor()
    processor.handle(log(1)["a"][0])
    payload = processor.snapshot("a")
    with pytest.raises(ProfileError, match="'a' was found under the key 'b'"):
        processor.restore("b", payload)
    with pytest.raises(ProfileError, match="cannot be read"):
        processor.restore("a", payload[:-1])
    assert model_hash({"a": processor.snapshot("a")}) == model_hash({"a": payload})
    processor.forget("a")
    processor.forget("a")
    with pytest.raises(KeyError):
        processor.snapshot("a")


def test_a_missing_signal_reaches_nothing_and_a_restored_profile_goes_on_the_same() -> None:
    windows = []
    for i, own in enumerate(usage("a", 60)):
        missing: dict[str, list[float | None]] = {SM_RATIO: list(own.signals[SM_RATIO]), GPU_MEMORY: [None] * 5}
        windows.append(window(missing, sample=5 * i, app="a") if 20 <= i < 30 else own)
    whole, broken = ProfileProcessor(), ProfileProcessor()
    for i, each in enumerate(windows):
        if i == 20:
            payload = broken.snapshot("a")
            broken.forget("a")
            broken.restore("a", payload)
        given = record(each, i)
        assert sent(list(whole.handle(given))) == sent(list(broken.handle(given)))
        assert whole.snapshot("a") == broken.snapshot("a")
        if 20 <= i < 30:
            gate = decode_state(whole.snapshot("a")).gate
            assert gate.stairs[GPU_MEMORY][-1][0] == windows[19].end_ms
            assert gate.stairs[SM_RATIO][-1][0] == each.end_ms


def told(outputs: Sequence[Output] | Exception) -> list[bytes]:
    assert not isinstance(outputs, Exception)
    return [output.encoded(1, 0) for output in outputs]


def test_many_restored_profiles_go_on_as_those_that_were_kept() -> None:
    kept, restored, draw = ProfileProcessor(), ProfileProcessor(), random.Random(5)
    apps = ["a", "b", "c"]
    for i in range(40):
        signals: dict[str, list[float | None]] = {SM_RATIO: [draw.random() for _ in range(5)]}
        batch = [record(window(signals, sample=5 * i, app=app), 10 * i + n) for n, app in enumerate(apps)]
        if i in (1, 20, 39):
            for app in apps:
                restored.restore(app, kept.snapshot(app))
            restored.forget("b")
            restored.restore("b", kept.snapshot("b"))
        found = kept.handle_all(batch)
        if i >= 1:
            again = restored.handle_all(batch[:2]) + restored.handle_all(batch[2:])
            assert [told(one) for one in again] == [told(one) for one in found]
    assert all(kept.snapshot(app) == restored.snapshot(app) for app in apps)
