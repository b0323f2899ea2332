"""Envelopes come back as they were, and damage never passes."""

from __future__ import annotations

import struct
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.worker.envelope import COMPRESS_ABOVE, Envelope, decode_envelope, encode_envelope
from foretide.streams.worker.errors import EnvelopeError

ENVELOPES = st.builds(
    Envelope,
    format=st.text(max_size=20),
    key=st.text(min_size=1, max_size=40),
    partition=st.integers(0, 2**31 - 1),
    last_offset=st.integers(-1, 2**62),
    epoch=st.integers(0, 2**31),
    body=st.binary(max_size=3000),
)


def told(envelope: Envelope) -> tuple[object, ...]:
    """All that it says; how its state is packed is nobody's business."""
    return (envelope.format, envelope.key, envelope.partition, envelope.last_offset, envelope.epoch, envelope.payload)


@given(ENVELOPES)
def test_comes_back_as_it_was(envelope: Envelope) -> None:
    read = decode_envelope(encode_envelope(envelope))
    assert told(read) == told(envelope)
    assert told(decode_envelope(encode_envelope(read))) == told(envelope)


@given(ENVELOPES, st.data())
def test_one_flipped_bit_is_refused(envelope: Envelope, data: st.DataObject) -> None:
    value = bytearray(encode_envelope(envelope))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(EnvelopeError):
        decode_envelope(bytes(value))


@pytest.mark.parametrize("value", [b"", b"FTS1", b"FTS1\0\0\0", b"{}", b"\x80\x05\x95pickle"])
def test_other_bytes_are_refused(value: bytes) -> None:
    with pytest.raises(EnvelopeError, match="unreadable snapshot"):
        decode_envelope(value)


def test_a_big_payload_is_compressed() -> None:
    envelope = Envelope("f/1", "app", 0, 1, 1, b"x" * (COMPRESS_ABOVE * 10))
    assert len(encode_envelope(envelope)) < COMPRESS_ABOVE


def written(packing: bool | int, payload: bytes) -> bytes:
    body = msgspec.msgpack.encode(["f/1", "app", 3, 9, 4, packing, payload])
    return b"FTS1" + struct.pack(">I", zlib.crc32(body)) + body


@given(st.binary(max_size=3000))
def test_what_earlier_versions_wrote_is_read(payload: bytes) -> None:
    expected = Envelope("f/1", "app", 3, 9, 4, payload)
    assert told(decode_envelope(written(True, zlib.compress(payload, 1)))) == told(expected)
    assert told(decode_envelope(written(False, payload))) == told(expected)


@pytest.mark.parametrize("packing", [0, 1, 3])
def test_a_packing_of_a_later_version_is_refused(packing: int) -> None:
    with pytest.raises(EnvelopeError, match=f"packed in a way \\({packing}\\)"):
        decode_envelope(written(packing, b"payload"))


@pytest.mark.parametrize("packing", [True, 2])
def test_a_payload_that_does_not_unpack_is_refused(packing: bool | int) -> None:
    with pytest.raises(EnvelopeError, match="unreadable snapshot"):
        _ = decode_envelope(written(packing, b"neither deflated nor zstd")).payload


def test_a_later_owner_outranks_a_later_offset() -> None:
    late = Envelope("f/1", "app", 0, 900, 4, b"")
    owner = Envelope("f/1", "app", 0, 100, 5, b"")
    assert owner.rank > late.rank
