"""The contract for those who do not write Python: JSON Schemas and an AsyncAPI document, made from the types."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from foretide.schemas.messages import CONTRACT_VERSION
from foretide.schemas.topics import CATALOGUE, Topic

ASYNCAPI_VERSION: Final = "3.0.0"
JSON_SCHEMA: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_FILE: Final = "asyncapi.json"
_DEFINITION: Final = "#/$defs/{name}"
_COMPONENT: Final = "#/components/schemas/{name}"


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) of each topic's values, by topic name; topics of raw bytes have none."""
    return {topic.name: _json_schema(topic) for topic in _documented()}


def asyncapi() -> dict[str, Any]:
    """An AsyncAPI 3.0 document of all topics: a channel and its message per topic, with Kafka bindings.

    What a reader outside Foretide does with a topic is `receive`; what it may write beside (telemetry, pool events) is
    `send`, in the same channels.
    """
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    topics = _documented()
    payloads, schemas = msgspec.json.schema_components([t.message for t in topics], ref_template=_COMPONENT)
    for topic, payload in zip(topics, payloads, strict=True):
        name = _identifier(topic.name)
        messages[name] = {
            "name": name,
            "title": _title(topic),
            "summary": topic.meaning,
            "contentType": "application/json",
            "payload": _clean(payload),
            "bindings": {"kafka": {"key": {"type": "string", "description": f"the {topic.key}"}}},
        }
        channels[name] = {
            "address": topic.name,
            "description": f"{topic.meaning}; keyed by {topic.key}",
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {"kafka": _kafka_binding(topic)},
        }
        for action, verb in (("receive", "read"), ("send", "write")):
            operations[f"{verb}_{name}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
            }
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Foretide",
            "version": f"{CONTRACT_VERSION}.0.0",
            "description": "What passes between exporters, workers, actuators and subscribers. Unknown fields are to "
            "be ignored; an unknown `version` is to be refused.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": _definitions(schemas)},
    }


def export(directory: Path) -> list[Path]:
    """Write all of it to `directory`: TOPIC.json each and asyncapi.json. The same contract gives the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    documents = {f"{name}.json": schema for name, schema in json_schemas().items()} | {ASYNCAPI_FILE: asyncapi()}
    written = []
    for name, document in documents.items():
        path = directory / name
        path.write_bytes(to_json(document))
        written.append(path)
    return written


def to_json(document: Any) -> bytes:
    """Indented JSON with sorted keys."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _documented() -> list[Topic]:
    return [topic for topic in CATALOGUE.values() if topic.message is not None]


def _json_schema(topic: Topic) -> dict[str, Any]:
    (schema,), definitions = msgspec.json.schema_components([topic.message], ref_template=_DEFINITION)
    head = {"$schema": JSON_SCHEMA, "title": topic.name, "description": topic.meaning}
    body: dict[str, Any] = _clean(schema)
    return head | body | {"$defs": _definitions(definitions)}


def _definitions(schemas: dict[str, Any]) -> dict[str, Any]:
    """The definitions, in which a message's `version` is the one this contract reads."""
    definitions = {name: _clean(schema) for name, schema in schemas.items()}
    for schema in definitions.values():
        if "version" in schema.get("properties", {}):
            schema["properties"]["version"] = {"type": "integer", "const": CONTRACT_VERSION}
            schema["required"] = sorted({*schema.get("required", []), "version"})
    return definitions


def _clean(node: Any) -> Any:
    """Without msgspec's `discriminator` (OpenAPI's, unknown to JSON Schema) and the docstrings' indentation."""
    if isinstance(node, dict):
        return {
            k: inspect.cleandoc(v) if k == "description" and isinstance(v, str) else _clean(v)
            for k, v in node.items()
            if k != "discriminator"
        }
    return [_clean(v) for v in node] if isinstance(node, list) else node


def _kafka_binding(topic: Topic) -> dict[str, Any]:
    config = topic.config()
    settings: dict[str, Any] = {
        "cleanup.policy": [config["cleanup.policy"]],
        "retention.ms": int(config["retention.ms"]),
        "max.message.bytes": int(config["max.message.bytes"]),
    }
    return {"topic": topic.name, "partitions": topic.partitions, "topicConfiguration": settings}


def _title(topic: Topic) -> str:
    return getattr(topic.message, "__name__", None) or "PoolEvent"


def _identifier(name: str) -> str:
    """A topic's name as AsyncAPI's keys may be written."""
    return name.replace(".", "_").replace("-", "_")
