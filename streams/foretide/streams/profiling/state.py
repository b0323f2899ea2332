"""An application's profile as numbers: what a snapshot holds."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from foretide.streams.forecasting.bank import BankRow
from foretide.streams.forecasting.drift import DriftState
from foretide.streams.forecasting.ladder import LadderState
from foretide.streams.profiling.deviation import DeviationState
from foretide.streams.profiling.errors import ProfileError
from foretide.streams.profiling.gate import GateState
from foretide.streams.profiling.leading import LeadState
from foretide.streams.worker.parts import divide, join

FORMAT: Final = "profile/7"


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


_Rungs = list[BankRow | None]
"""Some of one signal's rungs."""

_Day = tuple[bytes, bytes, bytes]
"""What one signal's day was like: the means, the peaks and what is usual."""


class _FormatOnly(msgspec.Struct, array_like=True):
    format: str


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ProfileState)
_FORMAT_DECODER = msgspec.msgpack.Decoder(_FormatOnly)
_RUNGS_DECODER = msgspec.msgpack.Decoder(list[_Rungs])
_DAYS_DECODER = msgspec.msgpack.Decoder(list[_Day])


def encode_state(state: ProfileState) -> bytes:
    """The state as bytes; equal states give equal bytes.

    It is in four parts, which change with each window, with each step of the second rung (a minute, mostly), with each
    step of the coarser rungs, and with each slot of the day.
    """
    ladders = [signal.ladder for signal in state.signals.values()]
    first = replace(state, signals={name: replace(s, ladder=_first(s.ladder)) for name, s in state.signals.items()})
    second = [ladder.rungs[1:2] for ladder in ladders]
    coarse = [ladder.rungs[2:] for ladder in ladders]
    days = [(ladder.season.means, ladder.season.peaks, ladder.season.usual) for ladder in ladders]
    return join([_ENCODER.encode(part) for part in (first, second, coarse, days)])


def _first(ladder: LadderState) -> LadderState:
    return replace(ladder, rungs=ladder.rungs[:1], season=replace(ladder.season, means=b"", peaks=b"", usual=b""))


def _whole(first: LadderState, second: _Rungs, coarse: _Rungs, day: _Day) -> LadderState:
    means, peaks, usual = day
    season = replace(first.season, means=means, peaks=peaks, usual=usual)
    return replace(first, rungs=[*first.rungs, *second, *coarse], season=season)


def decode_state(payload: bytes) -> ProfileState:
    """The state that `encode_state` wrote; ProfileError if it is none, or one of another format."""
    try:
        first, *others = divide(payload)
        found = _FORMAT_DECODER.decode(first).format
        if found != FORMAT:
            raise ProfileError(f"snapshot has the format {found!r}, {FORMAT!r} is needed; the profile must learn anew")
        state = _DECODER.decode(first)
        second, coarse, days = others
        rungs = _RUNGS_DECODER.decode(second), _RUNGS_DECODER.decode(coarse)
        rest = zip(*rungs, _DAYS_DECODER.decode(days), strict=True)
        for signal, parts in zip(state.signals.values(), rest, strict=True):
            signal.ladder = _whole(signal.ladder, *parts)
        return state
    except (msgspec.DecodeError, ValueError) as e:
        raise ProfileError(f"snapshot cannot be read: {e}; the profile must learn anew") from e
