"""Released schemas stay readable, and the checker finds each kind of break."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import orjson
import pytest

from foretide.schemas import messages
from foretide.schemas.codec import encode, parse
from foretide.schemas.compatibility import check
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.export import json_schemas
from foretide.schemas.messages import Message, PoolEvent
from foretide.schemas.topics import CATALOGUE

RELEASED = Path(__file__).parents[2] / "schemas" / "released" / "v1"
SCHEMAS = {path.stem: orjson.loads(path.read_bytes()) for path in sorted(RELEASED.glob("*.json"))}
EXAMPLES = {path.stem: orjson.loads(path.read_bytes()) for path in sorted((RELEASED / "examples").glob("*.json"))}
_KINDS = [getattr(messages, name) for name in messages.__all__]
MESSAGE_TYPES = {
    kind.__name__
    for kind in _KINDS
    if isinstance(kind, type) and issubclass(kind, Message) and kind not in (Message, PoolEvent)
}


def test_every_topic_has_a_released_schema_and_every_message_an_example() -> None:
    assert SCHEMAS.keys() == {t.name for t in CATALOGUE.values() if t.message is not None}
    assert EXAMPLES.keys() == MESSAGE_TYPES


@pytest.mark.parametrize("topic", SCHEMAS)
def test_todays_contract_is_compatible_with_what_was_released(topic: str) -> None:
    assert check(SCHEMAS[topic], json_schemas()[topic]) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_recorded_messages_are_readable_and_mean_the_same(name: str) -> None:
    topic, value = EXAMPLES[name]["topic"], EXAMPLES[name]["value"]
    message = parse(topic, orjson.dumps(value))
    assert type(message).__name__ == name
    again = orjson.loads(encode(message))
    assert _contains(again, value), "a field of the recorded message was lost or changed"


@pytest.mark.parametrize("name", EXAMPLES)
def test_recorded_messages_follow_the_exported_schema_and_broken_ones_do_not(name: str) -> None:
    topic, value = EXAMPLES[name]["topic"], EXAMPLES[name]["value"]
    validator = jsonschema.Draft202012Validator(json_schemas()[topic])
    validator.check_schema(validator.schema)
    validator.validate(value)
    for field in value:
        without = {k: v for k, v in value.items() if k != field}
        readable = _readable(topic, without)
        # The wire always carries the version; every other field must be there exactly if the parser wants it.
        assert validator.is_valid(without) == readable, field
    assert not validator.is_valid(value | {"version": 2})


def _readable(topic: str, value: dict[str, Any]) -> bool:
    try:
        parse(topic, orjson.dumps(value))
    except InvalidMessage:
        return False
    return True


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and _contains(whole[k], v) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(_contains, whole, part))
    return bool(whole == part)


Change = Callable[[dict[str, Any]], None]


def _window(schema: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = schema["$defs"]["TelemetryWindow"]
    return body


def _command(schema: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = schema["$defs"]["Command"]
    return body


def _rename(schema: dict[str, Any]) -> None:
    properties = _window(schema)["properties"]
    properties["window_start_ms"] = properties.pop("start_ms")


def _new_required(schema: dict[str, Any]) -> None:
    _window(schema)["properties"]["zone"] = {"type": "string"}
    _window(schema)["required"].append("zone")


BREAKS: list[tuple[str, str, Change, str]] = [
    (
        "field removed",
        "telemetry.v1",
        lambda s: _window(s)["properties"].pop("phase"),
        "$.phase: the field was removed",
    ),
    ("field renamed", "telemetry.v1", _rename, "$.start_ms: the field was removed"),
    ("new required field", "telemetry.v1", _new_required, "$.zone: a new field is required"),
    (
        "optional made required",
        "telemetry.v1",
        lambda s: _window(s)["required"].append("phase"),
        "$.phase: an existing field became required",
    ),
    (
        "required made optional",
        "telemetry.v1",
        lambda s: _window(s)["required"].remove("step_ms"),
        "$.step_ms: the field is no longer always there",
    ),
    (
        "type changed",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["step_ms"].update(type="string"),
        "$.step_ms: the type changed from integer to string",
    ),
    (
        "type narrowed",
        "telemetry.v1",
        lambda s: s["$defs"]["Column"]["properties"]["scale"].update(type="integer"),
        "scale: the type changed from number to integer",
    ),
    (
        "null forbidden",
        "telemetry.v1",
        lambda s: _window(s)["properties"].update(phase=_window(s)["properties"]["phase"]["anyOf"][0]),
        "$.phase: the variant null was removed",
    ),
    (
        "null allowed",
        "telemetry.v1",
        lambda s: _window(s)["properties"].update(
            step_ms={"anyOf": [_window(s)["properties"]["step_ms"], {"type": "null"}]}
        ),
        "$.step_ms: null is allowed now",
    ),
    (
        "null forbidden in an array",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["signals"]["additionalProperties"].update(items={"type": "number"}),
        "the variant null was removed",
    ),
    (
        "upper bound tightened",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["step_ms"].update(maximum=1000),
        "$.step_ms: maximum was tightened",
    ),
    (
        "lower bound tightened",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["step_ms"].update(minimum=2),
        "$.step_ms: minimum was tightened from 1 to 2",
    ),
    (
        "bound added",
        "commands.v1",
        lambda s: _command(s)["properties"]["epoch"].update(maximum=10),
        "$.epoch: maximum was tightened from None to 10",
    ),
    (
        "length tightened",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["app"].update(maxLength=20),
        "$.app: maxLength was tightened from 200 to 20",
    ),
    (
        "pattern changed",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["app"].update(pattern="^[a-z]+$"),
        "$.app: the pattern changed",
    ),
    (
        "map made an object",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["signals"].update(additionalProperties=False),
        "$.signals: additionalProperties changed",
    ),
    (
        "value removed",
        "commands.v1",
        lambda s: _command(s)["properties"]["action"]["enum"].remove("migrate"),
        "$.action: the value 'migrate' was removed",
    ),
    (
        "values opened",
        "commands.v1",
        lambda s: _command(s)["properties"].update(action={"type": "string"}),
        "$.action: the values were opened",
    ),
    (
        "values limited",
        "decisions.v1",
        lambda s: s["$defs"]["Decision"]["properties"].update(reason={"type": "string", "enum": ["x"]}),
        "$.reason: the values were limited",
    ),
    (
        "variant removed",
        "pool-events.v1",
        lambda s: s["anyOf"].pop(),
        "$: the variant outcome was removed",
    ),
    (
        "field inside a variant removed",
        "pool-events.v1",
        lambda s: s["$defs"]["OutcomeEvent"]["properties"].pop("status"),
        "$<outcome>.status: the field was removed",
    ),
    (
        "field of a nested part removed",
        "predictions.v1",
        lambda s: s["$defs"]["Quantiles"]["properties"].pop("q99"),
        "q99: the field was removed",
    ),
    (
        "version changed",
        "telemetry.v1",
        lambda s: _window(s)["properties"]["version"].update(const=2),
        "$.version: the value 1 was removed",
    ),
]


@pytest.mark.parametrize(("topic", "change", "finding"), [b[1:] for b in BREAKS], ids=[b[0] for b in BREAKS])
def test_the_checker_finds_every_kind_of_break(topic: str, change: Change, finding: str) -> None:
    broken = copy.deepcopy(SCHEMAS[topic])
    change(broken)
    assert any(finding in line for line in check(SCHEMAS[topic], broken)), check(SCHEMAS[topic], broken)


def _add_optional(schema: dict[str, Any]) -> None:
    _window(schema)["properties"]["zone"] = {"type": "string", "default": ""}


def _add_variant(schema: dict[str, Any]) -> None:
    schema["$defs"]["JobEvent"] = {"type": "object", "properties": {"kind": {"enum": ["job"]}}, "required": ["kind"]}
    schema["anyOf"].append({"$ref": "#/$defs/JobEvent"})


@pytest.mark.parametrize(
    ("topic", "change"),
    [
        ("telemetry.v1", _add_optional),
        ("telemetry.v1", lambda s: _window(s)["properties"]["step_ms"].update(maximum=2**40)),
        ("telemetry.v1", lambda s: _window(s)["properties"]["app"].update(description="other words")),
        ("commands.v1", lambda s: _command(s)["properties"]["action"]["enum"].append("move")),
        ("pool-events.v1", _add_variant),
    ],
    ids=["optional field", "bound loosened", "description", "value added", "variant added"],
)
def test_the_checker_lets_a_contract_grow(topic: str, change: Change) -> None:
    grown = copy.deepcopy(SCHEMAS[topic])
    change(grown)
    assert check(SCHEMAS[topic], grown) == []


def test_a_changed_python_type_is_found_through_the_export() -> None:
    """The check works on what msgspec makes of a type, not only on schemas changed by hand."""

    class Old(msgspec.Struct):
        a: int
        b: str | None = None

    class New(msgspec.Struct):
        a: float
        c: str

    old, new = msgspec.json.schema(Old), msgspec.json.schema(New)
    new["$ref"] = old["$ref"] = "#/$defs/It"
    old["$defs"], new["$defs"] = {"It": old["$defs"]["Old"]}, {"It": new["$defs"]["New"]}
    assert check(old, new) == [
        "$.b: the field was removed",
        "$.c: a new field is required",
        "$.a: the type changed from integer to number",
    ]
