"""An application's profile as numbers: what a snapshot holds."""

from __future__ import annotations

from typing import Final

import msgspec

from foretide.streams.forecasting.drift import DriftState
from foretide.streams.forecasting.ladder import LadderState
from foretide.streams.profiling.deviation import DeviationState
from foretide.streams.profiling.errors import ProfileError
from foretide.streams.profiling.gate import GateState
from foretide.streams.profiling.leading import LeadState

FORMAT: Final = "profile/6"


class SignalState(msgspec.Struct, array_like=True):
    """One signal: its ladder, its range so far, its deviations, the expert that leads, the test of its errors, and how
    many outcomes of the first horizon these two have seen."""

    ladder: LadderState
    low: float
    high: float
    last: float
    deviation: DeviationState
    lead: LeadState
    drift: DriftState
    outcomes: int


class ProfileState(msgspec.Struct, array_like=True):
    """One application. `format` comes first, so that it can be told even if the rest has another layout."""

    format: str
    app: str
    windows_learned: int
    duplicates: int
    first_ms: int
    last_ms: int
    gaps: int
    missing_ms: int
    span_ms: int
    phase: str
    learning: bool
    gate: GateState
    exogenous: list[str]
    phases: list[str]
    signals: dict[str, SignalState]


class _FormatOnly(msgspec.Struct, array_like=True):
    format: str


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ProfileState)
_FORMAT_DECODER = msgspec.msgpack.Decoder(_FormatOnly)


def encode_state(state: ProfileState) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    return _ENCODER.encode(state)


def decode_state(payload: bytes) -> ProfileState:
    """The state that `encode_state` wrote; ProfileError if it is none, or one of another format."""
    try:
        found = _FORMAT_DECODER.decode(payload).format
        if found != FORMAT:
            raise ProfileError(f"snapshot has the format {found!r}, {FORMAT!r} is needed; the profile must learn anew")
        return _DECODER.decode(payload)
    except msgspec.DecodeError as e:
        raise ProfileError(f"snapshot cannot be read: {e}; the profile must learn anew") from e
