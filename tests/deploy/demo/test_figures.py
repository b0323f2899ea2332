"""What the records of a run add up to."""

from __future__ import annotations

import math

from foretide.deploy.demo.figures import Figures
from foretide.schemas.codec import encode
from foretide.schemas.dead_letters import dead_letter
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import RecordRef
from foretide.schemas.topics import DEAD_LETTERS, TELEMETRY
from support.runs import (
    POOL,
    SOURCE,
    commanded,
    decided,
    outcome,
    predicted,
    record,
    slice_at,
    telemetry,
    window,
)


def figures() -> Figures:
    return Figures(POOL, SOURCE)


def test_a_window_counts_once_however_often_it_was_sent() -> None:
    seen = figures()
    for offset in range(3):
        seen.feed(telemetry(offset, "a", 1_000, 0.5, at_ms=100 + offset))
    seen.feed(telemetry(3, "a", 2_000, 0.6, at_ms=200))
    assert len(seen.windows) == 2
    app = seen.apps["a"]
    assert (list(app.stamps), list(app.uses), app.use) == ([100, 200], [0.5, 0.6], 0.6)
    assert (seen.event_ms, seen.first_stamp_ms, seen.last_stamp_ms) == (2_000, 100, 200)


def test_all_samples_of_a_window_count_and_missing_readings_are_nan() -> None:
    seen = figures()
    seen.feed(record(TELEMETRY, 0, window("a", 0, [0.1, None, 0.3], [1.0, 2.0, None]), 50))
    app = seen.apps["a"]
    assert list(app.stamps) == [50, 50, 50]
    assert [math.isnan(v) for v in app.uses] == [False, True, False]
    assert [math.isnan(v) for v in app.memories] == [False, False, True]
    assert (app.at_ms, list(app.history)) == (2_000, [0.1, 0.3])


def test_latency_is_between_the_two_records_whichever_is_seen_first() -> None:
    seen = figures()
    seen.feed(telemetry(0, "a", 0, 0.5, at_ms=100))
    seen.feed(predicted(0, "a", based_on=0, at_ms=130))
    seen.feed(predicted(1, "a", based_on=1, at_ms=250))
    seen.feed(telemetry(1, "a", 1_000, 0.5, at_ms=200))
    assert list(seen.latencies) == [30.0, 50.0]


def test_a_repeated_prediction_counts_once_and_adds_no_latency() -> None:
    seen = figures()
    seen.feed(telemetry(0, "a", 0, 0.5, at_ms=100))
    seen.feed(predicted(0, "a", based_on=0, at_ms=130, epoch=1))
    seen.feed(predicted(1, "a", based_on=0, at_ms=900, epoch=2))
    assert (len(seen.predictions), seen.predictions.repeated, list(seen.latencies)) == (1, 1, [30.0])
    assert seen.predictions.contradictions == []


def test_the_band_shown_is_that_of_a_quarter_of_an_hour() -> None:
    seen = figures()
    seen.feed(predicted(0, "a", based_on=0, at_ms=130))
    band = seen.apps["a"].compute_band
    assert band is not None
    assert (band.horizon_seconds, band.q95) == (900.0, 0.5)
    assert (seen.apps["a"].phase, seen.apps["a"].learning) == ("serve", False)


def test_commands_and_their_outcomes() -> None:
    seen = figures()
    seen.feed(decided(0, "d1", "a"))
    seen.feed(commanded(0, "d1", "a"))
    seen.feed(commanded(1, "d1", "a", issued_ms=77))
    seen.feed(commanded(2, "d2", "b"))
    assert seen.unanswered == ["d1", "d2"]
    seen.feed(outcome(5, "d1", "a", at_ms=300))
    seen.feed(outcome(6, "d1", "a", at_ms=301))
    seen.feed(outcome(7, "d2", "b", at_ms=302, status="rejected"))
    assert seen.unanswered == []
    assert len(seen.commands) == 2
    assert dict(seen.statuses) == {"applied": 1, "rejected": 1}
    assert (seen.outcomes["d1"].stamp_ms, seen.outcomes["d1"].offset) == (300, 5)
    assert (seen.apps["a"].held, seen.apps["a"].changes) == (slice_at("3g.40gb"), 1)
    assert seen.apps["b"].changes == 0
    assert [len(s.contradictions) for s in seen.sightings()] == [0] * 6
    assert len(seen.decisions) == 1


def test_other_pools_and_other_sources_do_not_count() -> None:
    seen = figures()
    seen.feed(decided(0, "d1", "a", pool="other"))
    seen.feed(commanded(0, "d1", "a", pool="other"))
    seen.feed(outcome(0, "d1", "a", at_ms=1, pool="other"))
    seen.feed(record(TELEMETRY, 0, b'{"source":"other","app":"x","start_ms":0,"step_ms":1,"signals":{"a.b":[1]}}'))
    assert (len(seen.decided), len(seen.commands), len(seen.outcomes), len(seen.windows)) == (0, 0, 0, 0)
    assert seen.unreadable == 0


def test_garbage_is_counted_and_disturbs_nothing() -> None:
    seen = figures()
    for garbage in (b"", b"not json", b"[]", b"{}", b'{"app":1,"signals":3,"source":"demo"}', b"null"):
        seen.feed(record(TELEMETRY, 0, garbage))
    assert seen.unreadable == 6
    seen.feed(telemetry(1, "a", 0, 0.5, at_ms=100))
    assert len(seen.windows) == 1


def test_dead_letters_count_by_id_and_keep_their_reason() -> None:
    seen = figures()
    place = RecordRef(topic="telemetry.v1", partition=0, offset=7)
    error = InvalidMessage("telemetry.v1", "$", "not JSON")
    letter = encode(dead_letter(place, "foretide-profile", error, b"key", b"{", 1_000))
    seen.feed(record(DEAD_LETTERS, 0, letter))
    seen.feed(record(DEAD_LETTERS, 1, letter))
    assert len(seen.dead_letters) == 1
    assert dict(seen.dead_reasons) == {"telemetry.v1: not JSON": 1}
