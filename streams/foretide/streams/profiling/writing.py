"""Predictions written as JSON, of many applications at once: what `encode` makes of the messages, without these.

From window to window little but numbers changes. So the text between them is kept, once for all signals of a name, and
the numbers of all signals are written by one call. `foretide.streams.profiling.answers` says what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import mod
from typing import Final

import numpy as np
import orjson

from foretide.schemas.ids import record_id
from foretide.schemas.messages import CONTRACT_VERSION, RecordRef
from foretide.streams.forecasting.targets import LEVELS
from foretide.streams.forecasting.view import Doubles
from foretide.streams.profiling.outlook import Outlooks, share_of, standing
from foretide.streams.profiling.profile import ApplicationProfile, pairs
from foretide.streams.profiling.signal import SignalProfile

Pair = tuple[float, int, int]
"""A horizon in seconds, and the places of its peak and its mean."""

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
    (soonest, *later) = pairs(group[0].horizons)
    numbers = _numbers(seen, soonest)
    if numbers is None:
        return None
    texts, width = _texts(numbers), numbers.shape[1]
    *expected, confidences, losses = (texts[place::width] for place in range(width))
    models = [_kept_text(signal.lead.champion) for signal in group]
    share = _shares(seen.experts).__getitem__
    weights = [b",".join(map(share, counting)) for counting in standing(seen.shares)]
    frames = [_frame(signal.name, soonest[0]) for signal in group]
    rows = zip(*expected, _farther(seen, later), models, confidences, losses, weights, strict=True)
    return list(map(mod, frames, rows))


def _farther(seen: Outlooks[SignalProfile], later: Sequence[Pair]) -> list[bytes]:
    """The JSON of each signal's forecasts over the longer horizons. Most of these are served by coarse rungs, which
    have no step with most windows: where all of the numbers are those of the window before, so is the text."""
    places = [place for _, *both in later for place in both]
    quantiles = np.ascontiguousarray(seen.quantiles[:, places])
    bits, width = quantiles.tobytes(), max(1, quantiles[0].nbytes)
    all_bits = [bits[start : start + width] for start in range(0, len(bits), width)] or [b""] * len(seen.group)
    fresh = [i for i, (own, signal) in enumerate(zip(all_bits, seen.group, strict=True)) if own != signal.written[0]]
    if fresh:
        frame, count = _far_frame(tuple(seconds for seconds, *_ in later)), quantiles[0].size
        texts = _texts(quantiles[fresh])
        for place, start in zip(fresh, range(0, len(texts), count), strict=True):
            seen.group[place].written = all_bits[place], frame % tuple(texts[start : start + count])
    return [signal.written[1] for signal in seen.group]


def _numbers(seen: Outlooks[SignalProfile], soonest: Pair) -> Doubles | None:
    """The numbers of each signal that change with every window, in the order of its text: the last value, the quantiles
    of the peak and the mean over the soonest horizon, the confidence, the loss. None if any number of the forecasts is
    not fit for a message."""
    quantiles, rows = seen.quantiles, len(seen.group)
    numbers = np.empty((rows, 2 * len(LEVELS) + 3))
    numbers[:, 0] = [signal.last for signal in seen.group]
    numbers[:, 1:-2] = quantiles[:, soonest[1:]].reshape(rows, -1)
    numbers[:, -2] = np.where(seen.known > 0, np.maximum(0.0, 1.0 - np.abs(seen.covered - 0.9) / 0.9), 0.0)
    numbers[:, -1] = seen.pinball_ratio
    fit = np.isfinite(numbers[:, :-1]).all() and not np.isinf(numbers[:, -1]).any() and np.isfinite(quantiles).all()
    return numbers if fit and (quantiles[..., 1:] >= quantiles[..., :-1]).all() else None


def _texts(numbers: Doubles) -> list[bytes]:
    """Each number as it is written, one after another; NaN as null."""
    return orjson.dumps(numbers.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")


@lru_cache(maxsize=256)
def _frame(signal: str, soonest: float) -> bytes:
    """The text of a forecast of this signal: its last value, what is expected over the `soonest` horizon of so many
    seconds, the text of the longer ones, its model, the confidence, the loss, the weights."""
    model = b'"model":%b,"confidence":%b,"recent_loss":%b,"weights":{%b}'
    return b'{"signal":%b,"last":%%b,"horizons":[%b%%b],%b}' % (_plain(_text(signal)), _horizon(soonest), model)


@lru_cache(maxsize=8)
def _far_frame(horizons: tuple[float, ...]) -> bytes:
    """The text of what is expected over the longer horizons, each after a comma."""
    return b"".join(b"," + _horizon(seconds) for seconds in horizons)


def _horizon(seconds: float) -> bytes:
    spread = b"{" + b",".join(b'"q%d":%%b' % round(100 * level) for level in LEVELS) + b"}"
    return b'{"horizon_seconds":%b,"peak":%b,"mean":%b}' % (_text(seconds), spread, spread)


def _plain(text: bytes) -> bytes:
    """The text within a frame, where a per cent sign has a meaning."""
    return text.replace(b"%", b"%%")


class _Shares(dict[int, bytes]):
    """The texts of what the numbers of a `standing` tell, of which there are some thousands for each of the `experts`,
    each made when it is first asked for."""

    def __init__(self, experts: tuple[str, ...]) -> None:
        super().__init__()
        self._experts = experts

    def __missing__(self, one: int) -> bytes:
        name, share = share_of(self._experts, one)
        text = self[one] = _text(name) + b":" + _text(share)
        return text


_shares = lru_cache(maxsize=8)(_Shares)


def _text(value: str | float) -> bytes:
    return orjson.dumps(value)


@lru_cache(maxsize=4096)
def _kept_text(value: str) -> bytes:
    """The text of what many applications have in common."""
    return _text(value)
