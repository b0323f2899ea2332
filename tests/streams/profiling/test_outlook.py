"""Many signals looked at together show what each shows alone, within its bounds and in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretide.schemas.signals import GPU_MEMORY, SM_RATIO
from foretide.streams.forecasting.ladder import Ladder
from foretide.streams.profiling.outlook import LEAST_SHARE, share_of, standing
from foretide.streams.profiling.survey import survey
from support.profiles import SETTINGS, profiles


def test_together_as_one_by_one() -> None:
    signals = [s for profile in profiles([1, 5, 40, 90]) for s in profile.signals.values()]
    alone = [(signal.look(), signal.expected(), signal.progress()) for signal in signals]
    for signal in signals:
        signal.rest()
    survey(signals)
    assert [(signal.look(), signal.expected(), signal.progress()) for signal in signals] == alone
    survey([])


def test_quantiles_keep_within_bounds_and_never_fall_with_level_or_horizon() -> None:
    for profile in profiles([1, 3, 70]):
        for signal in profile.signals.values():
            reach = 0.5 * (signal.high - signal.low)
            latest = [0.0] * 4
            for horizon, row in zip(SETTINGS.horizons, signal.quantiles(), strict=True):
                assert row == sorted(row)
                assert row[-1] <= max(signal.high + reach, signal.maximum or 0.0) + 1e-9
                assert row[0] >= 0.0
                if horizon.kind == "peak":
                    assert all(a >= b for a, b in zip(row, latest, strict=True))
                    latest = row


def test_a_rung_without_a_step_is_answered_for_by_the_next_shorter_one() -> None:
    (profile,) = profiles([1])
    rows = profile.signals[SM_RATIO].quantiles()
    assert rows[-2] == rows[0], "an hour's peak is the minute's"


def test_shares_are_the_largest_first_and_the_small_ones_are_left_out() -> None:
    (profile,) = profiles([60])
    signal = profile.signals[SM_RATIO]
    shares = list(signal.look().shares.values())
    assert shares == sorted(shares, reverse=True)
    assert min(shares) >= LEAST_SHARE
    whole = signal.head(0).weights()
    assert all(share == pytest.approx(whole[name], abs=1e-3) for name, share in signal.look().shares.items())


def test_at_rest_only_what_is_expected_is_kept() -> None:
    (profile,) = profiles([30])
    signal = profile.signals[GPU_MEMORY]
    before = signal.look()
    signal.rest()
    assert signal._outlooks is None
    assert signal.expected() == before.quantiles[0]
    assert signal._outlooks is None
    assert signal.look() == before


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5), min_size=1, max_size=6))
def test_the_standing_tells_the_experts_in_order_with_their_rounded_shares(rows: list[list[float]]) -> None:
    names = ("a", "b", "c", "d", "e")
    for shares, one in zip(rows, standing(np.array(rows)), strict=True):
        rounded = np.array(shares).round(3).tolist()
        expected = [(names[i], rounded[i]) for i in sorted(range(5), key=lambda i: -rounded[i])]
        assert [share_of(names, number) for number in one] == [e for e in expected if e[1] >= LEAST_SHARE]


def test_what_is_told_of_a_survey_as_arrays_is_what_each_signal_has() -> None:
    known = profiles([1, 40, 70])
    for found in survey(s for profile in known for s in profile.signals.values()):
        for i, signal in enumerate(found.group):
            outlook = signal.look()
            assert outlook == found.of(i)
            assert outlook.quantiles == found.quantiles[i].tolist()
            assert signal.seen() == (found, i)
            assert (outlook.known, outlook.covered) == (found.known[i], found.covered[i])
            assert (outlook.known, outlook.error_ratio) == signal.progress()
            assert (outlook.pinball_ratio is None) == np.isnan(found.pinball_ratio[i])
            assert found.losses[i].min() == found.losses[i, found.best[i]]


def test_without_a_step_nothing_is_expected() -> None:
    known = profiles([1, 30])
    fresh = known[0].signals[SM_RATIO]
    fresh.ladder = Ladder(SETTINGS.horizons, 10_000, known[0].banks)
    fresh.rest()
    survey([fresh, known[1].signals[SM_RATIO]])
    assert fresh.expected() is None
    assert known[1].signals[SM_RATIO].expected() is not None
