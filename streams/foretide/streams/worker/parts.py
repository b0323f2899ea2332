"""A state in parts, so that a snapshot need not write again what has not changed.

The first part changes with every record, each later one less often. A core that has such parts joins them to the one
payload that it gives; whoever keeps payloads whole need not know.

Wire form: four bytes that begin no MessagePack document, the number of parts, the length of each (big-endian), then
the parts.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

MAGIC: Final = b"\xc1FTP"


def join(parts: Sequence[bytes]) -> bytes:
    """The parts as one payload."""
    return b"".join((MAGIC, struct.pack(f">B{len(parts)}I", len(parts), *map(len, parts)), *parts))


def divide(payload: bytes) -> tuple[bytes, ...]:
    """The parts of a payload; itself if it was not joined. ValueError if some of it is missing."""
    if not payload.startswith(MAGIC):
        return (payload,)
    try:
        (count,) = struct.unpack_from(">B", payload, len(MAGIC))
        sizes = struct.unpack_from(f">{count}I", payload, len(MAGIC) + 1)
    except struct.error as error:
        raise ValueError(f"a payload in parts breaks off: {error}") from error
    begin = len(MAGIC) + 1 + 4 * count
    if begin + sum(sizes) != len(payload):
        raise ValueError(f"parts of {sum(sizes)} bytes are needed, there are {len(payload) - begin}")
    return tuple(payload[start:end] for start, end in pairwise(accumulate(sizes, initial=begin)))
