"""Would what reads or writes by the old schema still work with the new one?

A new reader meets old records, which a topic keeps for months, and subscribers by the old schema meet new ones. So
within a released version nothing they rely on may change: a field may be added if it need not be there, an enumeration
or a union of tagged messages may get a new member (readers are upgraded before writers, and set aside what they do not
know), a bound may be loosened. Everything else is a new version of the topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def check(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The incompatible changes from schema `old` to schema `new`, each as `PLACE: what changed`; empty if none.

    Reported are: fields removed (a renamed one is removed), new ones that are required, existing ones made required or
    no longer always there; types changed, null allowed or forbidden; values and variants removed; bounds tightened;
    patterns changed. Descriptions, titles and defaults may change.
    """
    return list(_Comparison(old, new).nodes(old, new, "$"))


class _Comparison:
    """Walks two schemas side by side, following references, each pair of definitions once."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old_root = old
        self._new_root = new
        self._seen: set[tuple[str, str]] = set()

    def nodes(self, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[str]:
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if pair != ("", ""):
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolve(old, self._old_root), _resolve(new, self._new_root)
        old_variants, new_variants = _variants(old, self._old_root), _variants(new, self._new_root)
        if len(old_variants) > 1 or len(new_variants) > 1:
            yield from self._unions(old_variants, new_variants, place)
            return
        old, new = next(iter(old_variants.values())), next(iter(new_variants.values()))
        if _types(old) != _types(new):
            yield f"{place}: the type changed from {_name(old)} to {_name(new)}"
            return
        yield from _values(old, new, place)
        yield from _bounds(old, new, place)
        yield from self._fields(old, new, place)
        for key, inside in (("items", "[...]"), ("additionalProperties", "{...}"), ("propertyNames", "{name}")):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self.nodes(old[key], new[key], place + inside)
            elif old.get(key) != new.get(key):
                yield f"{place}: {key} changed"

    def _unions(self, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[str]:
        for name in sorted(old.keys() - new.keys()):
            yield f"{place}: the variant {name} was removed"
        for name in sorted(new.keys() - old.keys()):
            if not _tagged(_resolve(new[name], self._new_root)):
                yield f"{place}: {name} is allowed now"
        for name in sorted(old.keys() & new.keys()):
            yield from self.nodes(old[name], new[name], f"{place}<{name}>")

    def _fields(self, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", [])), set(new.get("required", []))
        for name in sorted(before.keys() - after.keys()):
            yield f"{place}.{name}: the field was removed"
        for name in sorted(needed_after - needed_before):
            what = "an existing field became required" if name in before else "a new field is required"
            yield f"{place}.{name}: {what}"
        for name in sorted((needed_before - needed_after) & after.keys()):
            yield f"{place}.{name}: the field is no longer always there"
        for name in sorted(before.keys() & after.keys()):
            yield from self.nodes(before[name], after[name], f"{place}.{name}")


def _values(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[str]:
    before, after = _enumerated(old), _enumerated(new)
    if before is None and after is None:
        return
    if before is None or after is None:
        yield f"{place}: the values were {'limited' if before is None else 'opened'}"
        return
    for value in before:
        if value not in after:
            yield f"{place}: the value {value!r} was removed"


def _bounds(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[str]:
    for names, sign in ((_LOWER_BOUNDS, -1), (_UPPER_BOUNDS, 1)):
        for name in names:
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            looser = after is None or (before is not None and sign * after > sign * before)
            if not looser:
                yield f"{place}: {name} was tightened from {before} to {after}"
    if old.get("pattern") != new.get("pattern"):
        yield f"{place}: the pattern changed from {old.get('pattern')} to {new.get('pattern')}"


def _resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        node = root["$defs"][name]
    return node


def _variants(node: dict[str, Any], root: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alternatives of a union by a name that stays the same between versions; one for anything else."""
    branches = node.get("anyOf") or node.get("oneOf")
    if not branches:
        return {_name(node): node}
    return {_name(_resolve(branch, root)): branch for branch in branches}


def _tag(node: dict[str, Any]) -> str | None:
    """The one value of the field by which messages of a union are told apart."""
    for field in node.get("properties", {}).values():
        values = _enumerated(field)
        if values is not None and len(values) == 1 and isinstance(values[0], str):
            return values[0]
    return None


def _tagged(node: dict[str, Any]) -> bool:
    return _tag(node) is not None


def _name(node: dict[str, Any]) -> str:
    """What tells a variant from the others: its tag, else its type."""
    return _tag(node) or "/".join(sorted(_types(node))) or "anything"


def _types(node: dict[str, Any]) -> set[str]:
    kind = node.get("type")
    if kind is None:
        return {_json_type(v) for v in _enumerated(node) or []}
    return set(kind) if isinstance(kind, list) else {kind}


def _enumerated(node: dict[str, Any]) -> list[Any] | None:
    if "const" in node:
        return [node["const"]]
    values = node.get("enum")
    return None if values is None else list(values)


def _json_type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return names.get(type(value), "object")
