"""The envelope around a snapshot: who wrote it, in which format, what it covers, and a checksum.

Wire form: the four bytes ``FTS1``, the CRC-32 of all that follows (big-endian), then a MessagePack header with the
payload. Payloads above `COMPRESS_ABOVE` bytes are compressed with zstd; those that earlier versions deflated are read
as well. Nothing in it is executed when it is read.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

import cramjam
import msgspec

from foretide.streams.worker.errors import EnvelopeError

MAGIC: Final = b"FTS1"
COMPRESS_ABOVE: Final = 512
"""Bytes. Below it compressing costs more than it saves."""

ZSTD_LEVEL: Final = 1
"""Of a profile's 91 KiB it leaves 55 in 0.26 ms; zlib, at its quickest, leaves as much in 3 ms; higher levels of zstd
save 3 % for twice the time."""

DEFLATED: Final = True
ZSTD: Final = 2
PLAIN: Final = False
"""How a payload was packed. Once there was only whether it was deflated, hence the bools."""

CLAIM_KEY: Final = "\x00epoch"
"""Key of the record by which a partition's new owner makes its epoch known; no application or pool has such a name."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One snapshot: the state of `key` after the record at `last_offset` of `partition`, written in `epoch`. `body` is
    the state, or, in one that was read, what it was packed into."""

    format: str
    key: str
    partition: int
    last_offset: int
    epoch: int
    body: bytes
    packing: bool | int = False

    @property
    def payload(self) -> bytes:
        """The state, unpacked each time that it is asked for; EnvelopeError if that cannot be done."""
        try:
            return _unpack(self.packing, self.body)
        except (zlib.error, cramjam.DecompressionError) as e:
            raise EnvelopeError(str(e)) from e

    @property
    def rank(self) -> tuple[int, int]:
        """The greater one of two snapshots of a key is the one to trust: a later owner, or a later record."""
        return (self.epoch, self.last_offset)


class _Wire(msgspec.Struct, array_like=True):
    format: str
    key: str
    partition: int
    last_offset: int
    epoch: int
    packing: bool | int
    payload: bytes


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Wire)


def encode_envelope(envelope: Envelope) -> bytes:
    """The envelope as bytes."""
    packing, payload = _pack(envelope.payload)
    body = _ENCODER.encode(
        _Wire(
            envelope.format,
            envelope.key,
            envelope.partition,
            envelope.last_offset,
            envelope.epoch,
            packing,
            payload,
        )
    )
    return MAGIC + struct.pack(">I", zlib.crc32(body)) + body


def decode_envelope(value: bytes) -> Envelope:
    """The envelope in `value`, its state still packed; EnvelopeError if it is damaged or of another kind."""
    if value[:4] != MAGIC:
        raise EnvelopeError(f"it begins with {value[:4]!r}, not {MAGIC!r}")
    body = value[8:]
    if len(value) < 8 or struct.unpack(">I", value[4:8])[0] != zlib.crc32(body):
        raise EnvelopeError("its checksum does not match")
    try:
        wire = _DECODER.decode(body)
    except msgspec.DecodeError as e:
        raise EnvelopeError(str(e)) from e
    if wire.packing is not PLAIN and wire.packing is not DEFLATED and wire.packing != ZSTD:
        raise EnvelopeError(f"it is packed in a way ({wire.packing}) that this build does not know")
    return Envelope(wire.format, wire.key, wire.partition, wire.last_offset, wire.epoch, wire.payload, wire.packing)


def _pack(payload: bytes) -> tuple[bool | int, bytes]:
    if len(payload) <= COMPRESS_ABOVE:
        return PLAIN, payload
    return ZSTD, bytes(cramjam.zstd.compress(payload, level=ZSTD_LEVEL))


def _unpack(packing: bool | int, payload: bytes) -> bytes:
    # By type as well: True == 1, and a later packing may be called 1 or 0.
    if packing is PLAIN:
        return payload
    if packing is DEFLATED:
        return zlib.decompress(payload)
    return bytes(cramjam.zstd.decompress(payload))
