"""An application's profile as numbers: what a snapshot holds."""

from __future__ import annotations

from typing import Final

import msgspec

from foretide.streams.forecasting.ladder import LadderState
from foretide.streams.profiling.deviation import DeviationState
from foretide.streams.profiling.gate import GateState

FORMAT: Final = "profile/1"


class SignalState(msgspec.Struct, array_like=True):
    """One signal: its ladder, its range so far, its deviations."""

    ladder: LadderState
    low: float
    high: float
    last: float
    deviation: DeviationState


class ProfileState(msgspec.Struct, array_like=True):
    """One application."""

    app: str
    windows_learned: int
    duplicates: int
    last_ms: int
    span_ms: int
    phase: str
    learning: bool
    gate: GateState
    signals: dict[str, SignalState]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ProfileState)


def encode_state(state: ProfileState) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    return _ENCODER.encode(state)


def decode_state(payload: bytes) -> ProfileState:
    """The state that `encode_state` wrote; msgspec.DecodeError if it is none."""
    return _DECODER.decode(payload)
