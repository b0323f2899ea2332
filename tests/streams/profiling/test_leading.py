from __future__ import annotations

from itertools import pairwise

from foretide.streams.profiling.leading import Change, LeadState, Losses, weigh
from foretide.streams.profiling.settings import LeadSettings

NAMES = ("last", "ar", "fleet")
SETTINGS = LeadSettings(margin=0.1, outcomes=3)


def taken(state: LeadState, row: tuple[float, float, float], known: int) -> Change | None:
    """What comes of one more outcome after which the experts' losses are `row`."""
    losses = Losses(row[NAMES.index(state.champion)], NAMES[row.index(min(row))], min(row))
    return weigh(state, losses, known, SETTINGS)


def told(rows: list[tuple[float, float, float]]) -> list[tuple[int, Change]]:
    state = LeadState()
    found = ((i, taken(state, row, 100 + i)) for i, row in enumerate(rows))
    return [(i, change) for i, change in found if change is not None]


def test_a_challenger_is_promoted_after_so_many_outcomes_in_a_row() -> None:
    better = (9.0, 4.0, 5.0)
    assert told([better] * 10) == [(2, Change("promoted", "fleet", "ar", 0.8))]


def test_what_is_better_by_less_than_the_margin_is_never_promoted() -> None:
    assert told([(9.0, 4.6, 5.0)] * 50) == []


def test_a_good_outcome_of_the_champion_or_another_challenger_starts_the_count_anew() -> None:
    ar, last, equal = (9.0, 4.0, 5.0), (3.0, 4.0, 5.0), (9.0, 5.0, 5.0)
    assert told([ar, ar, equal] * 20) == []
    assert told([ar, ar, last, last] * 20) == []


def test_leaders_that_take_turns_by_chance_do_not_flap() -> None:
    rows = [(9.0, 5.0 + 0.2 * (-1) ** (i // 5), 5.0) for i in range(500)]
    assert told(rows) == []


def test_the_demoted_comes_back_by_the_same_rule() -> None:
    changes = told([(9.0, 4.0, 5.0)] * 5 + [(9.0, 7.0, 5.0)] * 5)
    assert [(i, c.before, c.after) for i, c in changes] == [(2, "fleet", "ar"), (7, "ar", "fleet")]
    for (_, one), (_, next_one) in pairwise(changes):
        assert one.after == next_one.before


def test_too_few_outcomes_or_no_losses_promote_nobody() -> None:
    state = LeadState()
    assert all(taken(state, (0.0, 0.0, 0.0), 500) is None for _ in range(10))
    assert all(taken(state, (9.0, 1.0, 5.0), 2) is None for _ in range(10))
    assert state == LeadState()
