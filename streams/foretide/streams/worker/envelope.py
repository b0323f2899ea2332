"""The envelope around a snapshot: who wrote it, in which format, what it covers, and a checksum.

Wire form: the four bytes ``FTS1``, the CRC-32 of all that follows (big-endian), then a MessagePack header with the
payload. Payloads above `COMPRESS_ABOVE` bytes are compressed with zstd; those that earlier versions deflated are read
as well. Nothing in it is executed when it is read.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import cramjam
import msgspec
from msgspec.structs import replace

from foretide.streams.worker.errors import EnvelopeError
from foretide.streams.worker.parts import join

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


Rank = tuple[int, int]
"""Epoch and last offset: the greater one of two snapshots of a key is the one to trust, for it is of a later owner, or
of a later record."""


def part_key(key: str, number: int) -> str:
    """Key of the changelog's records that hold a state's part of this number, from 1 on."""
    return f"{key}\x00{number}"


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """One snapshot: the state of `key` after the record at `last_offset` of `partition`, written in `epoch`. `body` is
    the state, or, in one that was read, what it was packed into.

    A state in parts (see `parts.py`) has a record for each: one with its number, or, without, the first, which `needs`
    the others as they were in the snapshots of these ranks. Those are the `others` of one that was read as a whole.
    """

    format: str
    key: str
    partition: int
    last_offset: int
    epoch: int
    body: bytes
    packing: bool | int = False
    part: int = 0
    needs: tuple[Rank, ...] = ()
    others: tuple[Envelope, ...] = ()

    @property
    def own(self) -> bytes:
        """What this record holds of the state, unpacked each time; EnvelopeError if that cannot be done."""
        try:
            return _unpack(self.packing, self.body)
        except (zlib.error, cramjam.DecompressionError) as e:
            raise EnvelopeError(str(e)) from e

    @property
    def payload(self) -> bytes:
        """The whole state, unpacked each time that it is asked for; EnvelopeError if that cannot be done."""
        if len(self.others) != len(self.needs):
            raise EnvelopeError(f"{len(self.needs) - len(self.others)} parts of the state are missing")
        return join([self.own, *(other.own for other in self.others)]) if self.others else self.own

    @property
    def rank(self) -> Rank:
        """See `Rank`."""
        return (self.epoch, self.last_offset)

    def with_part(self, number: int, part: bytes) -> Envelope:
        """The record for this part of the state."""
        return replace(self, body=part, packing=PLAIN, part=number)

    def with_first(self, first: bytes, needs: tuple[Rank, ...]) -> Envelope:
        """The record for the first part of the state."""
        return replace(self, body=first, packing=PLAIN, needs=needs)

    def whole(self, others: tuple[Envelope, ...]) -> Envelope:
        """The snapshot with its other parts."""
        return replace(self, others=others)


class _Wire(msgspec.Struct, array_like=True):
    format: str
    key: str
    partition: int
    last_offset: int
    epoch: int
    packing: bool | int
    payload: bytes
    part: int = 0
    needs: tuple[Rank, ...] = ()


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Wire)


def encode_envelope(envelope: Envelope) -> bytes:
    """The envelope as bytes, without `others`."""
    packing, payload = _pack(envelope.own)
    body = _ENCODER.encode(
        _Wire(
            envelope.format,
            envelope.key,
            envelope.partition,
            envelope.last_offset,
            envelope.epoch,
            packing,
            payload,
            envelope.part,
            envelope.needs,
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
    return Envelope(
        wire.format,
        wire.key,
        wire.partition,
        wire.last_offset,
        wire.epoch,
        wire.payload,
        wire.packing,
        wire.part,
        wire.needs,
    )


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
