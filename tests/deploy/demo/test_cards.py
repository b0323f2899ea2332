"""The demo's cards: two kinds, what they cost in use, and which migration is made to look bad."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import pytest

from foretide.deploy.demo.cards import LARGE, SMALL, cards_of, cost_in_use, cut_of, demo_cards, facts_of, in_use
from foretide.deploy.demo.figures import Figures
from foretide.deploy.demo.provoking import hurtful_move, oom_event
from foretide.deploy.demo.reconcile import cards_held_mean, cost_mean, is_short, placement_findings, slice_cost
from foretide.schemas.ids import outcome_id
from foretide.schemas.messages import Command, Decision, InventoryEvent, OutcomeEvent, Placement
from foretide.schemas.topics import COMMANDS, DECISIONS, POOL_EVENTS
from foretide.schemas.units import GIB
from support.runs import POOL, SOURCE, record

MIG = Placement(resource="demo/card-00", slice="3g.40gb", start=0)
OTHER = Placement(resource="demo/card-01", slice="3g.40gb", start=4)
L4 = Placement(resource="demo/l4-00", slice="whole", start=0)


class Run:
    """A run's figures; every method feeds them the records of one step."""

    def __init__(self) -> None:
        self.figures = Figures(POOL, SOURCE)
        self.offset = 0
        cards = demo_cards(3)
        self.feed(
            POOL_EVENTS,
            InventoryEvent(id="i", pool=POOL, at_ms=1, source=SOURCE, resources=cards.resources, kinds=cards.kinds),
        )

    def feed(self, topic: str, message: InventoryEvent | Decision | Command | OutcomeEvent, at_ms: int = 0) -> None:
        self.figures.feed(record(topic, self.offset, message, at_ms))
        self.offset += 1
        assert not self.figures.unreadable

    def change(
        self, before: Placement | None, after: Placement | None, *, at_ms: int, guard: str | None = None, app: str = "a"
    ) -> None:
        action: Literal["allocate", "migrate"] = "allocate" if before is None else "migrate"
        decision = f"d{self.offset}"
        self.feed(
            DECISIONS,
            Decision(
                id=decision, pool=POOL, app=app, at_ms=1, action=action, mode="auto", held=before, wanted=after,
                reason="r", considered=[], guard=guard, commanded=True, valid_for_seconds=60.0, based_on=[],
            ),
        )  # fmt: skip
        self.feed(
            COMMANDS,
            Command(
                id=decision, pool=POOL, app=app, action=action, expected=before, desired=after, issued_ms=1,
                deadline_ms=2, epoch=1,
            ),
        )  # fmt: skip
        self.feed(
            POOL_EVENTS,
            OutcomeEvent(
                id=outcome_id(decision), pool=POOL, at_ms=1, command_id=decision, app=app, status="applied",
                placement=after, duration_seconds=0.1, message="",
            ),
            at_ms,
        )  # fmt: skip


@pytest.mark.parametrize(("count", "large"), [(1, 1), (3, 2), (12, 8), (50, 34)])
def test_two_thirds_of_the_cards_are_large(count: int, large: int) -> None:
    cards = demo_cards(count)
    kinds = [r.kind for r in cards.resources]
    assert (kinds.count(LARGE.name), kinds.count(SMALL.name)) == (large, count - large)
    assert len({r.resource for r in cards.resources}) == count


def test_cards_from_a_pool_file(tmp_path: Path) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(
        "kinds: [{name: t4, resource_class: gpu, geometry: whole-16gb, price_per_hour: 0.5}]\n"
        "resources: [{kind: t4, host: n1, count: 2}]\n"
    )
    cards = cards_of(path)
    assert [r.resource for r in cards.resources] == ["n1/t4-00", "n1/t4-01"]
    assert facts_of(cards.resources, cards.kinds)["n1/t4-00"].price == 0.5


def test_what_a_placement_holds_depends_on_its_card() -> None:
    facts = Run().figures.cards
    small = facts[L4.resource]
    assert slice_cost(L4, small) == 1.0
    assert not is_short(0.39, 24 * GIB, L4, small)
    assert is_short(0.4, 0.0, L4, small)
    assert is_short(0.0, 24 * GIB + 1, L4, small)


def test_cards_in_use_and_what_they_cost() -> None:
    facts = Run().figures.cards
    assert in_use(facts, [MIG, MIG, L4, None]) == {"a100-80gb": 1, "l4": 1}
    assert cost_in_use(facts, [MIG, MIG, L4, None]) == pytest.approx(4.5)
    assert cost_in_use({}, [MIG]) is None


def test_migrations_and_ways_back_are_counted_and_the_cost_over_time() -> None:
    run = Run()
    run.change(None, MIG, at_ms=0)
    run.change(MIG, L4, at_ms=100)
    run.change(L4, MIG, at_ms=200, guard="probation")
    figures = run.figures
    assert (figures.applied("allocate"), figures.applied("migrate"), figures.applied("migrate", back=True)) == (1, 2, 1)
    outcomes = list(figures.outcomes.values())
    assert cost_mean(outcomes, 0, 400, figures.cards) == pytest.approx((3.7 * 300 + 0.8 * 100) / 400)
    assert cost_mean(outcomes, 0, 400, {}) is None
    assert cards_held_mean(outcomes, 0, 400, figures.cards) == pytest.approx((0.5 * 300 + 1.0 * 100) / 400)
    assert placement_findings(figures.commands, figures.outcomes, figures.cards) == []


def test_two_on_a_whole_card_are_found() -> None:
    run = Run()
    run.change(None, L4, at_ms=0)
    run.change(None, L4, at_ms=1, app="b")
    (found,) = placement_findings(run.figures.commands, run.figures.outcomes, run.figures.cards)
    assert "left a card in a state that cannot exist" in found


def test_the_first_move_to_less_memory_is_made_to_look_bad() -> None:
    run = Run()
    run.change(None, MIG, at_ms=0)
    assert hurtful_move(run.figures) is None
    run.change(MIG, OTHER, at_ms=50)
    assert hurtful_move(run.figures) is None, "as much memory as before"
    run.change(OTHER, L4, at_ms=100)
    victim = hurtful_move(run.figures)
    assert victim is not None
    assert (victim.app, victim.card, victim.memory_bytes) == ("a", L4.resource, 24 * GIB)
    event = oom_event(POOL, "run", victim, 77)
    assert (event.app, event.at_ms, event.memory_bytes) == ("a", 77, 24 * GIB)
    run.change(L4, MIG, at_ms=200, guard="probation")
    assert hurtful_move(run.figures) is None, "it is not there any more"


def test_workers_are_told_how_most_cards_are_cut() -> None:
    assert cut_of(demo_cards(3)) == ("--geometry", LARGE.geometry, "--card-speed", "1")
    mostly_small = msgspec.structs.replace(demo_cards(9), resources=demo_cards(9).resources[5:])
    assert cut_of(mostly_small) == ("--geometry", SMALL.geometry, "--card-speed", "0.39")
