"""Every message survives the wire; everything else is refused with one error that says what and where."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.schemas.codec import encode, parse, parse_as
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import (
    Column,
    Command,
    Deviation,
    ForecastEvent,
    Message,
    OutcomeEvent,
    Prediction,
    Quantiles,
    RecordRef,
    SignalForecast,
    TelemetryWindow,
)
from foretide.schemas.topics import CATALOGUE, COMMANDS, TELEMETRY
from support.messages import MESSAGES

TOPICS = sorted(MESSAGES)


def _valid(topic: str) -> dict[str, Any]:
    example: dict[str, Any] = orjson.loads(EXAMPLES[topic])
    return example


REF = {"topic": "telemetry.v1", "partition": 0, "offset": 4}
QUANTILES = {"q50": 1.0, "q90": 2.0, "q95": 3.0, "q99": 4.0}
_BODIES: dict[str, dict[str, Any]] = {
    TELEMETRY: {
        "app": "a",
        "resource": "r",
        "source": "s",
        "start_ms": 0,
        "step_ms": 1000,
        "signals": {"gpu.sm_ratio": [0.5, None]},
    },
    "predictions.v1": {
        "id": "i",
        "app": "a",
        "issued_ms": 0,
        "phase": "",
        "learning": True,
        "forecasts": [],
        "based_on": REF,
        "epoch": 0,
    },
    "deviations.v1": {
        "id": "i",
        "app": "a",
        "signal": "gpu.sm_ratio",
        "at_ms": 0,
        "state": "started",
        "direction": "above",
        "observed": 9.0,
        "expected": QUANTILES,
        "probability": 0.01,
        "lasted_seconds": 60.0,
        "based_on": REF,
        "epoch": 0,
    },
    "scorecards.v1": {"id": "i", "app": "a", "at_ms": 0, "scores": [], "based_on": REF, "epoch": 0},
    "pool-events.v1": {"kind": "release", "id": "i", "pool": "p", "at_ms": 0, "app": "a"},
    "decisions.v1": {
        "id": "i",
        "pool": "p",
        "app": "a",
        "at_ms": 0,
        "action": "hold",
        "mode": "auto",
        "held": None,
        "wanted": None,
        "reason": "",
        "considered": [],
        "guard": None,
        "commanded": False,
        "valid_for_seconds": 60.0,
        "based_on": [REF],
    },
    COMMANDS: {
        "id": "i",
        "pool": "p",
        "app": "a",
        "action": "allocate",
        "expected": None,
        "desired": {"resource": "r", "slice": "1g.10gb", "start": 0},
        "issued_ms": 0,
        "deadline_ms": 1,
        "epoch": 0,
    },
    "dead-letters.v1": {
        "id": "i",
        "record": REF,
        "consumer": "c",
        "place": "$",
        "reason": "r",
        "key": None,
        "size_bytes": 0,
        "excerpt": "",
        "at_ms": 0,
    },
}
EXAMPLES = {topic: orjson.dumps({"version": 1} | body) for topic, body in _BODIES.items()}
"""The least that is valid: every required field, no optional one."""


def test_every_topic_with_a_message_type_is_tried_here() -> None:
    assert set(MESSAGES) == set(EXAMPLES) == {t.name for t in CATALOGUE.values() if t.message is not None}


@pytest.mark.parametrize("topic", TOPICS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_round_trip(topic: str, data: st.DataObject) -> None:
    message = data.draw(MESSAGES[topic])
    value = encode(message)
    assert parse(topic, value) == message
    assert encode(parse(topic, value)) == value


@pytest.mark.parametrize("topic", TOPICS)
def test_the_example_is_valid_and_unknown_fields_are_ignored(topic: str) -> None:
    known = parse(topic, EXAMPLES[topic])
    assert parse(topic, orjson.dumps(_valid(topic) | {"of_a_newer_producer": {"x": [1]}})) == known


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no value"),
        (b"", "not JSON"),
        (b"\x00\xff\xfe", "not JSON"),
        (b"hello", "not JSON"),
        (b'{"version": 1', "not JSON"),
        (b'{"version": 1, "at_ms": NaN}', "not JSON"),
        (b'{"version": 1, "at_ms": Infinity}', "not JSON"),
        (b'{"version": 1, "at_ms": 1e999}', "not JSON"),
        (b'{"version": 1, "at_ms": 1' + b"0" * 400 + b"}", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b'{"version": 1, "id": "\\ud800"}', "not JSON"),
        (b"null", "a JSON object is needed"),
        (b"[1, 2]", "a JSON object is needed"),
        (b'"text"', "a JSON object is needed"),
        (b"17", "a JSON object is needed"),
        (b"{}", "unknown version None"),
        (b'{"version": true}', "unknown version True"),
        (b'{"version": "1"}', "unknown version '1'"),
        (b'{"version": 2}', "unknown version 2"),
        (b'{"version": -1}', "unknown version -1"),
        (b'{"version": "' + b"v" * 100_000 + b'"}', "unknown version"),
        (b'{"version": 1}', "missing required field"),
        (b'{"pad": "' + b"x" * 2_000_000 + b'"}', "bytes are more than"),
    ],
    ids=lambda v: repr(v)[:30],
)
def test_garbage_is_refused(topic: str, value: bytes | None, reason: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        parse(topic, value)
    assert reason in caught.value.reason
    assert caught.value.topic == topic
    assert caught.value.place.startswith("$")
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_missing_or_mistyped_field_is_refused_by_name(topic: str) -> None:
    valid = _valid(topic)
    for field in valid.keys() - {"version"}:
        without = {k: v for k, v in valid.items() if k != field}
        with pytest.raises(InvalidMessage) as caught:
            parse(topic, orjson.dumps(without))
        assert field in str(caught.value)
        wrong = {"no": "such"} if isinstance(valid[field], str | int | float | bool | None) else 3
        with pytest.raises(InvalidMessage) as caught:
            parse(topic, orjson.dumps(valid | {field: wrong}))
        assert field in str(caught.value), (field, str(caught.value))


@pytest.mark.parametrize("topic", TOPICS)
@given(value=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
).map(lambda v: orjson.dumps(v)))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_nothing_but_invalid_message_comes_out_of_random_input(topic: str, value: bytes) -> None:
    with pytest.raises(InvalidMessage):
        parse(topic, value)


@pytest.mark.parametrize("topic", TOPICS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_mutated_message_is_read_or_refused_and_never_anything_else(topic: str, data: st.DataObject) -> None:
    value = bytearray(encode(data.draw(MESSAGES[topic])))
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = parse(topic, bytes(value))
    except InvalidMessage:
        return
    assert parse(topic, encode(message)) == message


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"signals": {}}, "$"),
        ({"signals": {"gpu.sm_ratio": []}}, "$"),
        ({"signals": {"gpu.sm_ratio": [1], "gpu.memory_bytes": [1, 2]}}, "$"),
        ({"signals": {"gpu.sm_ratio": ["1"]}}, "$.signals[...][0]"),
        ({"signals": {"No Signal": [1]}}, "$.signals"),
        ({"step_ms": 0}, "$.step_ms"),
        ({"step_ms": 1.5}, "$.step_ms"),
        ({"start_ms": -1}, "$.start_ms"),
        ({"start_ms": 2**62}, "$.start_ms"),
        ({"app": ""}, "$.app"),
        ({"app": "two words"}, "$.app"),
        ({"app": "a" * 201}, "$.app"),
        ({"phase": "p" * 201}, "$.phase"),
        ({"user": "line\nbreak"}, "$.user"),
        ({"columns": {"gpu.sm_ratio": {"name": "c"}}}, "$.columns[...]"),
    ],
)
def test_what_a_window_may_not_hold(change: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        parse(TELEMETRY, orjson.dumps(_valid(TELEMETRY) | change))
    assert caught.value.place == place


NAN = math.nan
REFERENCE = RecordRef(topic="t", partition=0, offset=0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_cannot_even_be_put_into_a_message(bad: float) -> None:
    good = Quantiles(q50=1, q90=1, q95=1, q99=1)
    makers: list[Any] = [
        lambda: TelemetryWindow(
            app="a", resource="r", source="s", start_ms=0, step_ms=1, signals={"gpu.sm_ratio": [0.0, bad]}
        ),
        lambda: Column(name="c", scale=bad),
        lambda: Quantiles(q50=bad, q90=bad, q95=bad, q99=bad),
        lambda: SignalForecast(signal="gpu.sm_ratio", last=bad, horizons=[], model="m", confidence=1.0),
        lambda: SignalForecast(
            signal="gpu.sm_ratio", last=1.0, horizons=[], model="m", confidence=1.0, recent_loss=bad
        ),
        lambda: Deviation(
            id="i",
            app="a",
            signal="gpu.sm_ratio",
            at_ms=0,
            state="started",
            direction="above",
            observed=bad,
            expected=good,
            probability=0.1,
            lasted_seconds=1.0,
            based_on=REFERENCE,
            epoch=0,
        ),
        lambda: ForecastEvent(
            id="i",
            pool="p",
            at_ms=0,
            app="a",
            needs=[],
            last={"gpu.sm_ratio": bad},
            learning=False,
            why="age",
            based_on=REFERENCE,
        ),
        lambda: OutcomeEvent(
            id="i",
            pool="p",
            at_ms=0,
            command_id="c",
            app="a",
            status="applied",
            placement=None,
            duration_seconds=bad,
            message="",
        ),
    ]
    for make in makers:
        with pytest.raises(ValueError, match="finite"):
            make()


def test_decreasing_quantiles_are_refused() -> None:
    with pytest.raises(InvalidMessage, match="must not decrease"):
        parse(
            "deviations.v1",
            orjson.dumps(_valid("deviations.v1") | {"expected": QUANTILES | {"q99": 0.0}}),
        )


def test_parse_as_gives_the_type_or_says_what_the_topic_holds() -> None:
    assert isinstance(parse_as(Command, COMMANDS, EXAMPLES[COMMANDS]), Command)
    with pytest.raises(TypeError, match=r"commands\.v1 holds Command, not Prediction"):
        parse_as(Prediction, COMMANDS, EXAMPLES[COMMANDS])


def test_every_message_type_derives_from_message_and_is_frozen() -> None:
    for topic in TOPICS:
        message = parse(topic, EXAMPLES[topic])
        assert isinstance(message, Message)
        with pytest.raises(AttributeError):
            message.version = 2  # type: ignore[misc]
        assert msgspec.structs.asdict(message)["version"] == 1
