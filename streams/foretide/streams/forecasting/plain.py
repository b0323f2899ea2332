"""River objects as plain data and back, so that what a snapshot holds is never executed.

An object becomes the name of its class and its attributes. On the way back its class must be one of River's, and it is
made without calling anything of it; there is nothing in the data that could be run. What is shared stays shared.
"""

from __future__ import annotations

import importlib
from collections import Counter, OrderedDict, defaultdict, deque
from types import FunctionType, MethodType
from typing import Any, Final

import msgspec
import numpy as np
from river.utils import VectorDict

from foretide.schemas.errors import ForetideError

Plain = Any
"""None, numbers, text, and lists [kind, …] of such."""

_MAPPINGS: Final[dict[str, Any]] = {"dict": dict, "ordered": OrderedDict, "counter": Counter, "vector": VectorDict}
_SEQUENCES: Final[dict[str, Any]] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


class NotPlainError(ForetideError):
    """An object that cannot be kept as plain data, or data that is none of ours."""


def to_bytes(thing: object) -> bytes:
    """`thing` as bytes; NotPlainError if something in it is neither plain nor River's."""
    return msgspec.msgpack.encode(_Writer().write(thing))


def from_bytes(data: bytes) -> Any:
    """What `to_bytes` was given; NotPlainError for other data."""
    try:
        return _Reader().read(msgspec.msgpack.decode(data))
    except (msgspec.DecodeError, ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError) as e:
        raise NotPlainError(f"a model's state cannot be read: {e}") from e


class _Writer:
    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._kept: list[object] = []  # alive until all is written, so that no id is given twice

    def write(self, thing: object) -> Plain:
        if thing is None or type(thing) in (bool, int, float, str):
            return thing
        if isinstance(thing, np.generic):
            return ["scalar", thing.dtype.str, thing.item()]
        if id(thing) in self._seen:
            return ["again", self._seen[id(thing)]]
        self._seen[id(thing)] = len(self._kept)
        self._kept.append(thing)
        return self._write_new(thing)

    def _write_new(self, thing: Any) -> Plain:
        if isinstance(thing, np.ndarray) and thing.dtype != object:
            return ["array", thing.dtype.str, list(thing.shape), thing.tobytes()]
        if type(thing) is defaultdict:
            return ["default", self.write(thing.default_factory), self._pairs(thing)]
        if type(thing) is deque:
            return ["deque", thing.maxlen, [self.write(v) for v in thing]]
        for kind, mapping in _MAPPINGS.items():
            if type(thing) is mapping:
                return [kind, self._pairs(dict(thing))]
        for kind, sequence in _SEQUENCES.items():
            if type(thing) is sequence:
                values = sorted(thing, key=repr) if "set" in kind else thing
                return [kind, [self.write(v) for v in values]]
        if isinstance(thing, FunctionType) and _found(thing.__module__, thing.__qualname__) is thing:
            return ["function", thing.__module__, thing.__qualname__]
        if isinstance(thing, MethodType):
            return ["method", self.write(thing.__self__), thing.__name__]
        if isinstance(thing, np.random.RandomState):
            return ["drawn", self.write(thing.get_state())]
        if isinstance(thing, type) and (thing in (int, float, list, dict, set) or _rivers(thing)):
            return ["class", thing.__module__, thing.__qualname__]
        if _rivers(type(thing)):
            name = type(thing).__module__, type(thing).__qualname__
            return ["object", *name, self._pairs(_attributes(thing))]
        raise NotPlainError(f"{type(thing).__module__}.{type(thing).__qualname__} cannot be kept as plain numbers")

    def _pairs(self, mapping: dict[Any, Any]) -> Plain:
        return [[self.write(k), self.write(v)] for k, v in mapping.items()]


class _Reader:
    def __init__(self) -> None:
        self._known: list[Any] = []

    def read(self, data: Plain) -> Any:
        if not isinstance(data, list):
            return data
        kind, *rest = data
        if kind == "scalar":
            return np.dtype(rest[0]).type(rest[1])
        if kind == "again":
            return self._known[rest[0]]
        place = len(self._known)
        self._known.append(None)
        return self._read_new(kind, rest, place)

    def _read_new(self, kind: str, rest: list[Any], place: int) -> Any:
        made: Any
        if kind == "object":
            found = _class(rest[0], rest[1])
            made = self._known[place] = found.__new__(found)
            for name, value in rest[2]:
                object.__setattr__(made, name, self.read(value))
            return made
        if kind == "default":
            made = self._known[place] = defaultdict(self.read(rest[0]))
            made.update((self.read(k), self.read(v)) for k, v in rest[1])
        elif kind in _MAPPINGS:
            made = self._known[place] = _MAPPINGS[kind]()
            for k, v in rest[0]:
                made[self.read(k)] = self.read(v)
        elif kind == "list":
            made = self._known[place] = []
            made.extend(self.read(v) for v in rest[0])
        elif kind == "deque":
            made = self._known[place] = deque(maxlen=rest[0])
            made.extend(self.read(v) for v in rest[1])
        elif kind in _SEQUENCES:
            made = self._known[place] = _SEQUENCES[kind](self.read(v) for v in rest[0])
        elif kind == "array":
            made = self._known[place] = np.frombuffer(rest[2], dtype=rest[0]).reshape(rest[1]).copy()
        elif kind == "function":
            made = self._known[place] = _function(rest[0], rest[1])
        elif kind == "method":
            made = self._known[place] = _method(self.read(rest[0]), rest[1])
        elif kind == "drawn":
            made = self._known[place] = np.random.RandomState()
            made.set_state(self.read(rest[0]))
        elif kind == "class":
            made = self._known[place] = _class(rest[0], rest[1])
        else:
            raise NotPlainError(f"a model's state holds a {kind!r}, which is not known")
        return made


def _attributes(thing: Any) -> dict[str, Any]:
    found = dict(getattr(thing, "__dict__", {}))
    for parent in type(thing).__mro__:
        slots = parent.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(thing, name):
                found[name] = getattr(thing, name)
    return found


def _rivers(found: type) -> bool:
    """Whether a class is written in Python by River: others hide their state."""
    return found.__module__.startswith("river.") and not found.__module__.startswith("river._")


def _found(module: str, name: str) -> Any:
    """What River calls so; None if it is not River's."""
    if not module.startswith("river.") or module.startswith("river._"):
        return None
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _function(module: str, name: str) -> Any:
    found = _found(module, name)
    if not isinstance(found, FunctionType):
        raise NotPlainError(f"a model's state names {module}.{name}, which is no function of River's")
    return found


def _method(owner: Any, name: str) -> Any:
    if not _rivers(type(owner)) or not isinstance(getattr(type(owner), name, None), FunctionType):
        raise NotPlainError(f"a model's state names {name} of {type(owner).__name__}, which is no method of River's")
    return getattr(owner, name)


def _class(module: str, name: str) -> Any:
    if module == "builtins" and name in ("int", "float", "list", "dict", "set"):
        return {"int": int, "float": float, "list": list, "dict": dict, "set": set}[name]
    found = _found(module, name)
    if not isinstance(found, type):
        raise NotPlainError(f"a model's state names {module}.{name}, which is no class of River's")
    return found
