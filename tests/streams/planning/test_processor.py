"""The planner behind the shell's interface."""

from __future__ import annotations

import pytest

from foretide.schemas.codec import encode
from foretide.schemas.errors import InvalidMessage
from foretide.schemas.messages import Command, Decision, Sizing
from foretide.streams.planning import PlanProcessor, decision_hash
from foretide.streams.worker.processor import Output, Processor, Record
from support.pools import POOL, Pool


def records(pool: Pool) -> list[Record]:
    return [Record("pool-events.v1", 0, i, POOL, encode(e), 0) for i, e in enumerate(pool.log)]


def demand() -> Pool:
    pool = Pool(sizing=Sizing(step_down_seconds=1800.0))
    pool.place("a")
    pool.allocate("b")
    pool.steady("a", 1, 40, 0.1, 4)
    return pool


def decisions(outputs: list[Output]) -> list[Decision]:
    return [o.message for o in outputs if isinstance(o.message, Decision)]


def test_decisions_and_their_commands_come_out_keyed_by_pool() -> None:
    processor: Processor = PlanProcessor()
    pool = demand()
    outputs = [o for r in records(pool) for o in processor.handle(r)]
    assert decisions(outputs) == pool.decisions
    assert {(o.topic, type(o.message), o.key) for o in outputs} == {
        ("decisions.v1", Decision, POOL),
        ("commands.v1", Command, POOL),
    }
    commands = [o.message.id for o in outputs if isinstance(o.message, Command)]
    assert commands == [d.id for d in pool.decisions if d.commanded]


def test_a_state_taken_over_in_the_middle_decides_the_same() -> None:
    pool = demand()
    log = records(pool)
    first, second = PlanProcessor(), PlanProcessor()
    outputs = [o for r in log[:20] for o in first.handle(r)]
    second.restore(POOL, first.snapshot(POOL))
    first.forget(POOL)
    assert first.pools() == {}
    outputs += [o for r in log[20:] for o in second.handle(r)]
    assert decision_hash(decisions(outputs)) == decision_hash(pool.decisions)


def test_a_key_that_is_not_the_pool_is_refused_and_leaves_no_state() -> None:
    processor = PlanProcessor()
    record = Record("pool-events.v1", 0, 0, "other", encode(Pool().log[0]), 0)
    with pytest.raises(InvalidMessage, match="does not match"):
        processor.handle(record)
    assert processor.pools() == {}


def test_a_record_that_breaks_the_contract_is_refused() -> None:
    processor = PlanProcessor()
    with pytest.raises(InvalidMessage, match="not JSON"):
        processor.handle(Record("pool-events.v1", 0, 0, POOL, b"{", 0))


def test_the_hash_ignores_order_and_repeats_and_sees_content() -> None:
    made = demand().decisions
    assert len(made) > 2
    whole = decision_hash(made)
    assert decision_hash([*reversed(made), made[0]]) == whole
    assert decision_hash(made[1:]) != whole
