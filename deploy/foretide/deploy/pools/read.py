"""`read_pool(path) -> Pool`: a YAML file, checked, with every error at its field and line."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Meta

from foretide.deploy.pools.throughput import TableError, read_table
from foretide.schemas.errors import ForetideError
from foretide.schemas.messages import ResourceKind, ResourceReport, Throughput
from foretide.schemas.messages.base import Part
from foretide.schemas.slices import ALL_GEOMETRIES
from foretide.schemas.units import Name


class PoolFileError(ForetideError):
    """A pool file that cannot be used: `field` and `line` (from 1) say where, `remedy` what to do."""

    def __init__(self, path: Path, field: str, line: int, reason: str, remedy: str) -> None:
        super().__init__(f"{path}, line {line}: {field}: {reason}. {remedy}")
        self.path = path
        self.field = field
        self.line = line
        self.reason = reason
        self.remedy = remedy


class _Group(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`count` resources of one kind on one host, named HOST/KIND-00 and so on."""

    kind: Name
    host: Name
    count: Annotated[int, Meta(ge=1, le=100_000)] = 1


class _Table(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A throughput table beside the pool file, and which of its GPU names is which kind."""

    file: str
    gpus: dict[str, Name]


class _File(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kinds: list[dict[str, Any]]
    resources: list[_Group]
    tables: list[_Table] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pool:
    """What an inventory message says, read from a file."""

    kinds: tuple[ResourceKind, ...]
    resources: tuple[ResourceReport, ...]


def read_pool(path: Path) -> Pool:
    """The pool described in a YAML file. Raises PoolFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise PoolFileError(path, "file", 0, f"it cannot be read ({e})", "Name a readable UTF-8 file.") from e
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        reason = f"this is no YAML ({getattr(e, 'problem', None) or e})"
        raise PoolFileError(path, "file", mark.line + 1 if mark else 1, reason, "Correct the syntax.") from e
    lines = _lines(node)

    def wrong(field: str, reason: str, remedy: str) -> PoolFileError:
        return PoolFileError(path, field, _line_of(lines, field), reason, remedy)

    def convert(value: Any, kind: Any, at: str) -> Any:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as e:
            reason, _, place = str(e).partition(" - at `$")
            field = f"{at}{place.rstrip('`')}".lstrip(".") or "file"
            raise wrong(field, reason, "See docs/placement.md for what a pool file holds.") from e

    file: _File = convert(data, _File, "")
    known = set(ResourceKind.__struct_fields__)
    for i, raw in enumerate(file.kinds):
        for name in raw:
            if name not in known:
                remedy = f"A kind has {', '.join(sorted(known))}."
                raise wrong(f"kinds[{i}].{name}", "this field is not known", remedy)
    kinds: list[ResourceKind] = [convert(raw, ResourceKind, f"kinds[{i}]") for i, raw in enumerate(file.kinds)]
    for i, kind in enumerate(kinds):
        if kind.geometry not in ALL_GEOMETRIES:
            names = ", ".join(sorted(ALL_GEOMETRIES))
            raise wrong(f"kinds[{i}].geometry", f"{kind.geometry} is no known geometry", f"Use one of {names}.")
        classes = {p.name for p in ALL_GEOMETRIES[kind.geometry].profiles}
        for j, measured in enumerate(kind.throughput):
            if measured.slice is not None and measured.slice not in classes:
                place = f"kinds[{i}].throughput[{j}].slice"
                remedy = f"Use one of {', '.join(sorted(classes))}."
                raise wrong(place, f"{kind.geometry} has no slice {measured.slice}", remedy)
        if kind.availability == "on_demand" and kind.interruptions_per_hour:
            remedy = "Set availability to interruptible, or leave the rate out."
            raise wrong(f"kinds[{i}].interruptions_per_hour", "an on-demand kind is not interrupted", remedy)
    for name, count in Counter(k.name for k in kinds).items():
        if count > 1:
            place = f"kinds[{max(i for i, k in enumerate(kinds) if k.name == name)}].name"
            raise wrong(place, f"{name} is there {count} times", "Give each kind its own name.")
    by_name = {k.name: k for k in kinds}
    for i, table in enumerate(file.tables):
        try:
            rows = read_table(path.parent / table.file)
        except TableError as e:
            raise wrong(f"tables[{i}].file", str(e), "Give a table as docs/placement.md describes.") from e
        for gpu, name in table.gpus.items():
            if name not in by_name or gpu not in rows:
                reason = f"{name} is no kind of this file" if name not in by_name else f"the table has no GPU {gpu}"
                raise wrong(f"tables[{i}].gpus.{gpu}", reason, "Map a GPU of the table to a kind of this file.")
            more = [Throughput(workload=w, per_second=v) for w, v in sorted(rows[gpu].items())]
            by_name[name] = msgspec.structs.replace(by_name[name], throughput=[*by_name[name].throughput, *more])
    return Pool(tuple(by_name.values()), tuple(_resources(file.resources, by_name, wrong)))


def _resources(groups: list[_Group], kinds: dict[str, ResourceKind], wrong: Any) -> list[ResourceReport]:
    found: list[ResourceReport] = []
    number: Counter[tuple[str, str]] = Counter()
    for i, group in enumerate(groups):
        kind = kinds.get(group.kind)
        if kind is None:
            remedy = f"Describe it under kinds, or use one of {', '.join(kinds)}."
            raise wrong(f"resources[{i}].kind", f"{group.kind} is no kind of this file", remedy)
        for _ in range(group.count):
            n = number[group.host, kind.name]
            number[group.host, kind.name] += 1
            found.append(
                ResourceReport(
                    resource=f"{group.host}/{kind.name}-{n:02d}",
                    geometry=kind.geometry,
                    host=group.host,
                    price_per_hour=kind.price_per_hour,
                    kind=kind.name,
                )
            )
    return found


def _lines(node: yaml.Node | None) -> dict[str, int]:
    """The line (from 1) of every field, by its path."""
    found: dict[str, int] = {}

    def walk(at: yaml.Node, place: str) -> None:
        found.setdefault(place, at.start_mark.line + 1)
        if isinstance(at, yaml.MappingNode):
            for key, value in at.value:
                inner = f"{place}.{key.value}".lstrip(".")
                found[inner] = key.start_mark.line + 1
                walk(value, inner)
        elif isinstance(at, yaml.SequenceNode):
            for i, value in enumerate(at.value):
                walk(value, f"{place}[{i}]")

    if node is not None:
        walk(node, "")
    return found


def _line_of(lines: dict[str, int], field: str) -> int:
    """The line of the field, or of what it would be in."""
    while field and field not in lines:
        field = re.sub(r"(\.?[^.\[\]]+|\[[^\]]*\])$", "", field)
    return lines.get(field, 1)
