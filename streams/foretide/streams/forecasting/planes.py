"""Numbers as bytes that compress well: the first bytes of all of them, then the second ones, and so on.

Signs, exponents and leading digits are alike from number to number, the last digits are like nothing.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray


def apart(raw: bytes, width: int) -> bytes:
    """Numbers of so many bytes each, in planes."""
    return np.frombuffer(raw, np.uint8).reshape(-1, width).T.tobytes()


def joined(planes: bytes, width: int) -> bytes:
    """The numbers whose planes these are; ValueError if they cannot be any."""
    if len(planes) % width:
        raise ValueError(f"{len(planes)} bytes are no numbers of {width} bytes each")
    return np.frombuffer(planes, np.uint8).reshape(width, -1).T.tobytes()


class Planes:
    """Records of one layout, whose numbers of one size lie together, as bytes of the same count."""

    def __init__(self, record: np.dtype[np.void]) -> None:
        self._record = record
        self._runs: list[tuple[int, int, int]] = []
        end = 0
        for width, fields in groupby((record[name] for name in record.names or ()), lambda field: field.base.itemsize):
            begin, end = end, end + sum(field.itemsize for field in fields)
            self._runs.append((begin, end, width))

    def apart(self, row: np.void) -> bytes:
        """A record in planes."""
        raw = row.tobytes()
        return b"".join([apart(raw[begin:end], width) for begin, end, width in self._runs])

    def joined(self, planes: bytes) -> NDArray[np.void]:
        """The record, an array of one; ValueError if these are not as many bytes as one has."""
        if len(planes) != self._record.itemsize:
            raise ValueError(f"a row of {self._record.itemsize} bytes is needed, this one has {len(planes)}")
        raw = b"".join([joined(planes[begin:end], width) for begin, end, width in self._runs])
        return np.frombuffer(raw, dtype=self._record)
