"""The planner with an actuator that always succeeds."""

from __future__ import annotations

from foretide.schemas.messages import Decision, RecordRef, Sizing
from foretide.streams.planning import PoolLoop, PoolState, step
from support.pools import POOL, Pool


def test_commands_are_applied_before_the_next_event() -> None:
    script = Pool()
    script.allocate("a")
    loop = PoolLoop(POOL, keep_log=True)
    made = [d for event in script.log for d in loop.feed(event)]
    assert [d.action for d in made] == ["allocate"]
    assert loop.state.placement(loop.state.apps["a"].held) == made[0].wanted
    assert loop.state.in_flight == 0


def test_its_log_replays_to_the_same_decisions() -> None:
    script = Pool(sizing=Sizing(step_down_seconds=1800.0))
    script.allocate("a")
    script.steady("a", 1, 40, 0.1, 4)
    loop = PoolLoop(POOL, keep_log=True)
    made = [d for event in script.log for d in loop.feed(event)]
    assert "resize" in [d.action for d in made]
    assert loop.log is not None
    state, again = PoolState(POOL), list[Decision]()
    for offset, event in enumerate(loop.log):
        state, more = step(state, event, RecordRef(topic="pool-events.v1", partition=0, offset=offset))
        again += more
    assert again == made
