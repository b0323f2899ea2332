"""Stamps: the owner's epoch, and a command's times."""

from __future__ import annotations

from foretide.schemas.messages import Command, DeadLetter, Prediction, RecordRef
from foretide.streams.worker.stamps import stamped

REF = RecordRef(topic="telemetry.v1", partition=0, offset=3)


def test_a_command_is_valid_from_now_on() -> None:
    command = Command(
        id="c",
        pool="p",
        app="a",
        action="release",
        expected=None,
        desired=None,
        issued_ms=0,
        deadline_ms=30_000,
        epoch=0,
    )
    out = stamped(command, 7, 1_700_000_000_000)
    assert isinstance(out, Command)
    assert (out.epoch, out.issued_ms, out.deadline_ms) == (7, 1_700_000_000_000, 1_700_000_030_000)
    assert out.id == command.id


def test_a_message_with_an_epoch_gets_it_and_keeps_the_rest() -> None:
    prediction = Prediction(
        id="x", app="a", issued_ms=5, phase="load", learning=False, forecasts=[], based_on=REF, epoch=0
    )
    out = stamped(prediction, 7, 99)
    assert isinstance(out, Prediction)
    assert out.epoch == 7
    assert out.issued_ms == 5


def test_a_message_without_one_stays_as_it_is() -> None:
    letter = DeadLetter(
        id="x", record=REF, consumer="c", place="$", reason="r", key=None, size_bytes=0, excerpt="", at_ms=1
    )
    assert stamped(letter, 7, 99) is letter
