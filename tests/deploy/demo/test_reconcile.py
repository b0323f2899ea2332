"""The final reckoning finds every kind of disagreement, and its numbers are right."""

from __future__ import annotations

import math

import pytest

from foretide.deploy.demo.figures import AppFigures, SeenCommand, SeenOutcome
from foretide.deploy.demo.reconcile import (
    Counts,
    Hashes,
    cards_held_mean,
    findings,
    is_short,
    percentile,
    shortage_ratio,
)
from foretide.schemas.messages import Placement
from foretide.schemas.units import GIB

GOOD_COUNTS = Counts(windows_sent=10, windows_on_topic=10, windows_handled=10, gaps=0)
GOOD_HASHES = Hashes("d", "d", "m", "m")


def at(slice_name: str, start: int = 0, card: str = "card-00") -> Placement:
    return Placement(resource=card, slice=slice_name, start=start)


def command(name: str, app: str, expected: Placement | None, desired: Placement | None) -> SeenCommand:
    return SeenCommand(name, app, "resize", expected, desired)


def outcome(name: str, app: str, placement: Placement | None, stamp: int, status: str = "applied") -> SeenOutcome:
    return SeenOutcome(name, app, status, placement, stamp, 0, stamp)


def chain() -> tuple[dict[str, SeenCommand], dict[str, SeenOutcome]]:
    commands = [
        command("c1", "a", None, at("3g.40gb", 4)),
        command("c2", "b", None, at("3g.40gb", 0)),
        command("c3", "a", at("3g.40gb", 4), at("1g.10gb", 4)),
    ]
    outcomes = [
        outcome("c1", "a", at("3g.40gb", 4), 100),
        outcome("c2", "b", at("3g.40gb", 0), 110),
        outcome("c3", "a", at("1g.10gb", 4), 200),
    ]
    return {c.id: c for c in commands}, {o.command_id: o for o in outcomes}


def test_a_clean_run_has_no_findings() -> None:
    assert findings(GOOD_COUNTS, GOOD_HASHES, *chain()) == []


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (Counts(10, 10, 9, 0), "of 10 windows sent, 9 were learned"),
        (Counts(10, 11, 10, 0), "the exporter sent 10 windows, the topic holds 11"),
        (Counts(10, 10, 10, 3), "3 records were gone"),
    ],
)
def test_counts_that_differ_are_found(counts: Counts, said: str) -> None:
    assert any(said in f for f in findings(counts, GOOD_HASHES, *chain()))


def test_hashes_that_differ_are_found() -> None:
    found = findings(GOOD_COUNTS, Hashes("d", "x", "m", "y"), *chain())
    assert [f.split(" of the live run")[0] for f in found] == ["the decisions", "the final models"]


def test_a_command_without_outcome_and_an_outcome_without_command_are_found() -> None:
    commands, outcomes = chain()
    outcomes["c9"] = outcomes.pop("c3")
    found = findings(GOOD_COUNTS, GOOD_HASHES, commands, outcomes)
    assert any(f.startswith("1 commands have no outcome: c3") for f in found)
    assert any(f.startswith("1 outcomes answer no command: c9") for f in found)


def test_second_outcomes_and_contradictions_are_passed_on() -> None:
    found = findings(
        GOOD_COUNTS, GOOD_HASHES, *chain(), second_outcomes=["c1"], contradictions=["prediction p came twice"]
    )
    assert found == ["1 commands have two outcomes: c1", "prediction p came twice"]


def test_a_change_applied_twice_breaks_the_chain() -> None:
    commands, outcomes = chain()
    commands["c4"] = command("c4", "a", at("3g.40gb", 4), at("2g.20gb", 4))
    outcomes["c4"] = outcome("c4", "a", at("2g.20gb", 4), 300)
    assert findings(GOOD_COUNTS, GOOD_HASHES, commands, outcomes) == [
        "1 applied commands were applied to another slice than expected, the first c4"
    ]


def test_a_card_that_cannot_exist_is_found() -> None:
    commands, outcomes = chain()
    commands["c4"] = command("c4", "c", None, at("1g.20gb", 0))
    outcomes["c4"] = outcome("c4", "c", at("1g.20gb", 0), 300)
    assert findings(GOOD_COUNTS, GOOD_HASHES, commands, outcomes) == [
        "1 applied commands left a card in a state that cannot exist, the first c4"
    ]


def test_an_outcome_that_is_not_what_was_asked_is_found() -> None:
    commands, outcomes = chain()
    outcomes["c3"] = outcome("c3", "a", at("1g.20gb", 4), 200)
    assert findings(GOOD_COUNTS, GOOD_HASHES, commands, outcomes) == [
        "1 applied commands ended on another slice than desired, the first c3"
    ]


def test_short_is_above_compute_or_above_memory() -> None:
    small = at("1g.10gb")
    assert not is_short(1 / 7, 10 * GIB, small)
    assert is_short(1 / 7 + 1e-6, 0.0, small)
    assert is_short(0.0, 10 * GIB + 1, small)
    assert not is_short(math.nan, 9 * GIB, small)


def app(name: str, samples: list[tuple[int, float, float]]) -> AppFigures:
    figures = AppFigures(name)
    for stamp, use, memory in samples:
        figures.stamps.append(stamp)
        figures.uses.append(use)
        figures.memories.append(memory)
    return figures


def test_shortage_counts_samples_after_the_first_change_against_the_slice_of_their_moment() -> None:
    _, outcomes = chain()
    a = app("a", [(50, 1.0, 0.0), (100, 0.4, 0.0), (199, 0.5, 0.0), (200, 0.4, 0.0), (250, 0.1, 0.0)])
    stranger = app("z", [(300, 1.0, 0.0)])
    unread = app("b", [(300, math.nan, math.nan)])
    assert shortage_ratio([a, stranger, unread], outcomes.values()) == 2 / 4
    assert shortage_ratio([stranger], outcomes.values()) is None


def test_a_failed_change_leaves_the_slice_as_it_was() -> None:
    outcomes = [
        outcome("c0", "a", None, 50, "failed"),
        outcome("c1", "a", at("1g.10gb"), 100),
        outcome("c2", "a", at("1g.10gb"), 200, "failed"),
    ]
    a = app("a", [(60, 1.0, 0.0), (150, 0.1, 0.0), (250, 0.5, 0.0)])
    assert shortage_ratio([a], outcomes) == 0.5


def test_cards_held_is_the_mean_over_time() -> None:
    _, outcomes = chain()
    # a: half a card from 100 to 200, a seventh from 200 to 300; b: half a card from 110 to 300.
    expected = (0.5 * 100 + 100 / 7 + 0.5 * 190) / 200
    assert cards_held_mean(outcomes.values(), 100, 300) == pytest.approx(expected)
    assert cards_held_mean(outcomes.values(), 200, 300) == pytest.approx(0.5 + 1 / 7)
    assert cards_held_mean([], 0, 100) == 0.0


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(v) for v in range(1, 101)]
    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 0.99) == 99.0
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([], 0.5) is None
