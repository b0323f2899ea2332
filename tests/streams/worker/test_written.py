"""Outputs that were written as JSON already are messages all the same."""

from __future__ import annotations

import pytest

from foretide.schemas.codec import encode
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import Prediction, RecordRef
from foretide.schemas.topics import PREDICTIONS
from foretide.streams.worker.processor import Output
from foretide.streams.worker.written import WrittenOutput

MESSAGE = Prediction(
    id="telemetry.v1/0/3",
    app="a",
    issued_ms=5,
    phase="load",
    learning=False,
    forecasts=[],
    based_on=RecordRef(topic="telemetry.v1", partition=0, offset=3),
    epoch=0,
)


def test_it_goes_out_with_the_owners_epoch_as_a_message_does() -> None:
    written = WrittenOutput(PREDICTIONS, "a", encode(MESSAGE).removesuffix(b"0}"))
    plain = Output(PREDICTIONS, "a", MESSAGE)
    assert (written.topic, written.key) == (plain.topic, plain.key)
    assert written.message == plain.message == MESSAGE
    for epoch in (0, 7, 2**40):
        assert written.encoded(epoch, 99) == plain.encoded(epoch, 99)
    assert plain.message is MESSAGE


def test_what_is_no_message_is_refused_when_it_is_read() -> None:
    with pytest.raises(InvalidMessage, match="not JSON"):
        _ = WrittenOutput(PREDICTIONS, "a", b'{"version":1,').message
