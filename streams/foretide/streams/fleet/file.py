"""A network as a file of numbers: a line of JSON that says what follows, then the numbers, then nothing else.

Nothing in it is executed. What goes in and comes out is part of it: a network cannot be fed what it was not trained on,
nor be read as if it forecast something else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from foretide.schemas.errors import ForetideError, SettingsError
from foretide.schemas.service.files import write_whole
from foretide.streams.fleet.features import FEATURES
from foretide.streams.fleet.network import KINDS, LEVELS, OUTPUTS, STEPS, Network

FORMAT: Final = "fleet/1"
DEFAULT_FILE: Final = "default.fleet"
DEFAULT_NAME: Final = "the default fleet model"


class FleetFileError(ForetideError):
    """A file that holds no network that this version can use, or that cannot be written: why, and how to help."""


class SourceNote(msgspec.Struct, frozen=True, kw_only=True):
    """What one source gave to the training."""

    series: int = 0
    """Series trained on."""
    rows: int = 0
    """Rows drawn from them."""
    share: str = "all"
    """Which of the source's series were taken: `all`, or `every other by hash` of source and application."""
    signals: tuple[str, ...] = ()
    """The signals trained on, by the source's names for them."""


class FleetHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of its network."""

    format: str
    shapes: list[list[int]]
    """Of weights (nets, inputs, outputs) and biases (nets, 1, outputs), layer by layer."""
    sha256: str
    """Of the numbers."""
    trained_on: dict[str, str]
    """A word on each source for people: its licence, or the like."""
    loss: float
    """The mean pinball loss of the last pass, in units of the series' scale."""
    steps: tuple[int, ...] = STEPS
    kinds: tuple[str, ...] = KINDS
    levels: tuple[float, ...] = LEVELS
    sources: dict[str, SourceNote] = {}
    """What each source gave."""
    training: dict[str, float] = {}
    """How it was trained: seed, passes and the like."""


def save(
    path: Path,
    network: Network,
    trained_on: Mapping[str, str],
    loss: float,
    sources: Mapping[str, SourceNote] | None = None,
    training: Mapping[str, float] | None = None,
) -> FleetHeader:
    """Write the network, whole or not at all; half precision, as its inputs are coarser than that.

    FleetFileError if the network holds what is no number, or if the file cannot be written.
    """
    header, content = packed(network, trained_on, loss, sources, training)
    try:
        write_whole(path, content, "--out")
    except SettingsError as e:
        raise FleetFileError(str(e)) from e
    return header


def packed(
    network: Network,
    trained_on: Mapping[str, str],
    loss: float,
    sources: Mapping[str, SourceNote] | None = None,
    training: Mapping[str, float] | None = None,
) -> tuple[FleetHeader, bytes]:
    """The header and the whole content of the network's file. FleetFileError as of `save`."""
    arrays = [array for layer in network.layers for array in layer]
    with np.errstate(over="ignore"):
        halves = [a.astype("<f2") for a in arrays]
    if not all(np.isfinite(a).all() for a in halves) or not np.isfinite(loss):
        raise FleetFileError("the network holds what is no number: its training diverged. Train with other settings.")
    body = b"".join(a.tobytes() for a in halves)
    header = FleetHeader(
        format=FORMAT,
        shapes=[list(a.shape) for a in arrays],
        sha256=hashlib.sha256(body).hexdigest(),
        trained_on=dict(trained_on),
        loss=loss,
        sources=dict(sources or {}),
        training=dict(training or {}),
    )
    return header, msgspec.json.encode(header) + b"\n" + body


def load(path: Path) -> tuple[Network, FleetHeader]:
    """The network of a file and what the file says of it. FleetFileError if it is none, damaged, or of another form."""
    return parse(content_of(path), str(path))


def content_of(path: Path | None) -> bytes:
    """A file's content, or that of the default model for None. FleetFileError if it cannot be read."""
    try:
        return (files("foretide.streams.fleet") / DEFAULT_FILE).read_bytes() if path is None else path.read_bytes()
    except OSError as e:
        if path is None:
            raise FleetFileError(f"{DEFAULT_NAME} cannot be read ({e.strerror}). Install foretide anew.") from e
        raise FleetFileError(f"{path} cannot be read ({e.strerror}). Make one with: foretide fleet train") from e


def parse(content: bytes, name: str) -> tuple[Network, FleetHeader]:
    """The same from bytes; `name` is what errors call them."""
    line, newline, body = content.partition(b"\n")
    try:
        # The format first: a header of another one may hold anything else.
        form = msgspec.json.decode(line, type=_Form).format
        if form != FORMAT:
            raise FleetFileError(f"{name} has the format {form!r}, {FORMAT!r} is needed. Train it anew.")
        header = msgspec.json.decode(line, type=FleetHeader)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise FleetFileError(f"{name} is no fleet model. Make one with: foretide fleet train") from e
    if not newline or hashlib.sha256(body).hexdigest() != header.sha256:
        raise FleetFileError(f"{name} is damaged: its numbers do not match its checksum. Fetch or train it anew.")
    arrays = _arrays(header.shapes, body)
    if arrays is None:
        raise FleetFileError(f"{name} does not hold the numbers its header tells of. Fetch or train it anew.")
    outputs = (header.steps, header.kinds, header.levels)
    if arrays[0].shape[1] != FEATURES or arrays[-1].shape[-1] != OUTPUTS or outputs != (STEPS, KINDS, LEVELS):
        raise FleetFileError(f"{name} was trained on other inputs or outputs than this version has. Train it anew.")
    return Network.of(tuple(zip(arrays[::2], arrays[1::2], strict=True))), header


class _Form(msgspec.Struct):
    format: str


def _arrays(shapes: Sequence[Sequence[int]], body: bytes) -> list[NDArray[np.float32]] | None:
    """The numbers in their shapes; None if they cannot be a network's layers."""
    if len(shapes) % 2 or not shapes or not all(len(s) == 3 and min(s) > 0 for s in shapes):
        return None
    nets = shapes[0][0]
    pairs = list(zip(shapes[::2], shapes[1::2], strict=True))
    if any(list(biases) != [nets, 1, weights[2]] or weights[0] != nets for weights, biases in pairs):
        return None
    if any(before[2] != after[1] for (before, _), (after, _) in pairwise(pairs)):
        return None
    sizes = [prod(shape) for shape in shapes]
    if 2 * sum(sizes) != len(body):
        return None
    numbers = np.frombuffer(body, "<f2").astype(np.float32)
    if not np.isfinite(numbers).all():
        return None
    parts: list[Any] = np.split(numbers, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


@cache
def default_network() -> Network:
    """The network that ships with the package."""
    return parse(content_of(None), DEFAULT_NAME)[0]
