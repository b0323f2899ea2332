"""What is exported is complete, valid by its own rules, and the same every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.schemas.codec import encode
from foretide.schemas.export import asyncapi, export, json_schemas, to_json
from foretide.schemas.topics import CATALOGUE
from support.messages import MESSAGES

DOCUMENTED = {t.name for t in CATALOGUE.values() if t.message is not None}


def test_there_is_a_file_per_topic_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = export(tmp_path / "a" / "deep"), export(tmp_path / "b")
    assert {p.name for p in first} == {f"{name}.json" for name in DOCUMENTED} | {"asyncapi.json"}
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


@pytest.mark.parametrize("topic", sorted(DOCUMENTED))
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_what_is_sent_follows_the_schema(topic: str, data: st.DataObject) -> None:
    value = orjson.loads(encode(data.draw(MESSAGES[topic])))
    jsonschema.Draft202012Validator(json_schemas()[topic]).validate(value)


def test_no_schema_forbids_fields_of_a_newer_producer() -> None:
    for schema in json_schemas().values():
        for node in _nodes(schema):
            assert node.get("additionalProperties", {}) is not False


def test_the_asyncapi_document_has_the_structure_of_version_3() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    assert document.keys() <= {
        "asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components",
    }  # fmt: skip
    assert {channel["address"] for channel in document["channels"].values()} == DOCUMENTED
    for name, channel in document["channels"].items():
        assert channel.keys() <= {"address", "messages", "title", "summary", "description", "bindings", "tags"}
        assert channel["messages"], name
        binding = channel["bindings"]["kafka"]
        topic = CATALOGUE[channel["address"]]
        assert binding["topic"] == topic.name
        assert binding["partitions"] == topic.partitions
        assert binding["topicConfiguration"]["cleanup.policy"] == ["compact" if topic.compacted else "delete"]
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = _follow(document, operation["channel"]["$ref"])
        for message in operation["messages"]:
            prefix, _, name = message["$ref"].rpartition("/messages/")
            assert prefix == operation["channel"]["$ref"], "an operation's messages are its channel's"
            assert name in channel["messages"]
    for message in document["components"]["messages"].values():
        assert message["contentType"] == "application/json"
        assert message["payload"]


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()
    references = [node["$ref"] for node in _nodes(document) if "$ref" in node]
    assert len(references) > 50
    for reference in references:
        assert _follow(document, reference)


@pytest.mark.parametrize("topic", sorted(DOCUMENTED))
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_the_payloads_of_the_asyncapi_document_describe_the_messages(topic: str, data: st.DataObject) -> None:
    document = asyncapi()
    channel = next(c for c in document["channels"].values() if c["address"] == topic)
    (message,) = (_follow(document, m["$ref"]) for m in channel["messages"].values())
    schema = {"components": document["components"], **message["payload"]}
    validator = jsonschema.Draft7Validator(schema)
    validator.validate(orjson.loads(encode(data.draw(MESSAGES[topic]))))
    assert not validator.is_valid({"version": 1})


def test_json_is_sorted_and_ends_with_a_line_break() -> None:
    assert to_json({"b": 1, "a": [2]}) == b'{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'


def _nodes(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        return [node, *(n for v in node.values() for n in _nodes(v))]
    return [n for v in node for n in _nodes(v)] if isinstance(node, list) else []


def _follow(document: dict[str, Any], reference: str) -> Any:
    assert reference.startswith("#/")
    node: Any = document
    for part in reference[2:].split("/"):
        node = node[part]
    return node
