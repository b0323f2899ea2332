"""Predictions written as JSON, of many applications at once: what `encode` makes of the messages, without these.

From window to window little but numbers changes. So the text between them is kept, once for all signals of a name, and
the numbers of all signals are written by one call. `foretide.streams.profiling.answers` says what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import orjson

from foretide.schemas.ids import record_id
from foretide.schemas.messages import CONTRACT_VERSION, RecordRef
from foretide.streams.forecasting.ladder import Horizon
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles
from foretide.streams.profiling.outlook import Outlooks, share_of
from foretide.streams.profiling.profile import ApplicationProfile, pairs
from foretide.streams.profiling.signal import SignalProfile

_PREDICTION: Final = (
    b'{"version":%d,"id":%%b,"app":%%b,"issued_ms":%%d,"phase":%%b,"learning":%%b,"forecasts":[%%b],'
    b'"based_on":{"topic":%%b,"partition":%%d,"offset":%%d},"epoch":'
) % CONTRACT_VERSION


def predictions(
    answered: Sequence[tuple[ApplicationProfile, RecordRef]], surveyed: Iterable[Outlooks[SignalProfile]]
) -> list[bytes] | None:
    """The prediction of each profile, based on the record beside it, up to the number of its epoch; `surveyed` are the
    outlooks of all of their signals. None if a number is not fit for a message: the message itself says which."""
    texts: dict[int, bytes] = {}
    for seen in surveyed:
        found = _forecasts(seen)
        if found is None:
            return None
        texts.update(zip(map(id, seen.group), found, strict=True))
    return [
        _prediction(profile, ref, b",".join([texts[id(s)] for s in profile.signals.values()]))
        for profile, ref in answered
    ]


def _prediction(profile: ApplicationProfile, ref: RecordRef, forecasts: bytes) -> bytes:
    return _PREDICTION % (
        _text(record_id(ref.topic, ref.partition, ref.offset)),
        _text(profile.app),
        profile.last_ms,
        _kept_text(profile.phase),
        b"true" if profile.learning else b"false",
        forecasts,
        _kept_text(ref.topic),
        ref.partition,
        ref.offset,
    )


def _forecasts(seen: Outlooks[SignalProfile]) -> list[bytes] | None:
    """The JSON of each signal's `SignalForecast`."""
    group = seen.group
    horizons = group[0].horizons
    numbers = _numbers(seen, horizons)
    if numbers is None:
        return None
    width = numbers.shape[1]
    texts = orjson.dumps(numbers.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
    found = []
    pieces: list[bytes] = []
    name = ""
    for place, (signal, outlook) in enumerate(zip(group, seen.each, strict=True)):
        if signal.name != name or not pieces:
            name = signal.name
            pieces = list(_frame(name, horizons))
        own = texts[place * width : (place + 1) * width]
        own.insert(width - 2, _kept_text(signal.lead.champion))
        experts = outlook.experts
        own.append(b",".join([_share(experts, one) for one in outlook.standing]))
        pieces[1::2] = own
        found.append(b"".join(pieces))
    return found


def _numbers(seen: Outlooks[SignalProfile], horizons: tuple[Horizon, ...]) -> Doubles | None:
    """The numbers of each signal in the order of its text: the last value, the quantiles of the peak and the mean over
    each horizon, the confidence, the loss. None if one is not fit for a message."""
    places = [place for _, *both in pairs(horizons) for place in both]
    rows, count = len(seen.group), len(places) * len(LEVELS)
    quantiles = seen.quantiles[:, places]
    numbers = np.empty((rows, count + 3))
    numbers[:, 0] = [signal.last for signal in seen.group]
    numbers[:, 1:-2] = quantiles.reshape(rows, count)
    numbers[:, -2] = np.where(seen.known > 0, np.maximum(0.0, 1.0 - np.abs(seen.covered - 0.9) / 0.9), 0.0)
    numbers[:, -1] = seen.pinball_ratio
    fit = np.isfinite(numbers[:, :-1]).all() and not np.isinf(numbers[:, -1]).any()
    return numbers if fit and (quantiles[..., 1:] >= quantiles[..., :-1]).all() else None


@lru_cache(maxsize=256)
def _frame(signal: str, horizons: tuple[Horizon, ...]) -> tuple[bytes, ...]:
    """The text of a forecast of this signal, cut where its numbers, its model and its weights are put in; there it
    is empty."""
    spread = b"{" + b",".join(b'"q%d":\0' % round(100 * level) for level in LEVELS) + b"}"
    ahead = b",".join(
        b'{"horizon_seconds":%b,"peak":%b,"mean":%b}' % (_text(seconds), spread, spread)
        for seconds, _, _ in pairs(horizons)
    )
    model = b'"model":\0,"confidence":\0,"recent_loss":\0,"weights":{\0}'
    whole = b'{"signal":%b,"last":\0,"horizons":[%b],%b}' % (_text(signal), ahead, model)
    found: list[bytes] = []
    for part in whole.split(b"\0"):
        found += [part, b""]
    return tuple(found[:-1])


@lru_cache(maxsize=32_768)
def _share(experts: tuple[str, ...], one: int) -> bytes:
    name, share = share_of(experts, one)
    return _text(name) + b":" + _text(share)


def _text(value: str | float) -> bytes:
    return orjson.dumps(value)


@lru_cache(maxsize=4096)
def _kept_text(value: str) -> bytes:
    """The text of what many applications have in common."""
    return _text(value)
