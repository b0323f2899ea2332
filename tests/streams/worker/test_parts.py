"""Parts come back as they were joined; what is cut off is told."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.worker.parts import MAGIC, divide, join

PARTS = st.lists(st.binary(max_size=40), max_size=6)


@given(PARTS)
def test_parts_come_back(parts: list[bytes]) -> None:
    assert divide(join(parts)) == tuple(parts)


@given(st.binary())
def test_what_was_never_joined_is_its_own_only_part(payload: bytes) -> None:
    if not payload.startswith(MAGIC):
        assert divide(payload) == (payload,)


def test_no_message_pack_document_is_taken_for_parts() -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.msgpack.decode(MAGIC + b"rest")


@given(PARTS.filter(any), st.data())
def test_a_payload_of_which_some_is_missing_is_refused(parts: list[bytes], data: st.DataObject) -> None:
    whole = join(parts)
    kept = data.draw(st.integers(len(MAGIC), len(whole) - 1))
    with pytest.raises(ValueError, match=r"breaks off|are needed"):
        divide(whole[:kept])
