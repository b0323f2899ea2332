"""Whether the workers have come to the end of a topic."""

from __future__ import annotations

from typing import Any

from foretide.deploy.demo.drain import put_together


def answer(positions: dict[int, int], *, ready: bool = True, waiting: int = 0) -> dict[str, Any]:
    return {
        "ready": ready,
        "outbox_waiting": waiting,
        "partitions": {str(p): {"ready": True, "position": at} for p, at in positions.items()},
    }


def test_the_workers_partitions_are_put_together() -> None:
    at = put_together([answer({0: 5, 1: 7}), answer({2: 9, 3: 0})])
    assert (at.ready, at.answering, dict(at.positions)) == (True, 2, {0: 5, 1: 7, 2: 9, 3: 0})
    assert at.reached({0: 5, 1: 7, 2: 9, 3: 0})
    assert not at.reached({0: 6, 1: 7, 2: 9, 3: 0})


def test_a_partition_nobody_owns_is_not_reached_unless_it_is_empty() -> None:
    at = put_together([answer({0: 5})])
    assert at.reached({0: 5, 1: 0})
    assert not at.reached({0: 5, 1: 1})


def test_outputs_on_their_way_are_not_the_end() -> None:
    assert not put_together([answer({0: 5}, waiting=1)]).reached({0: 5})


def test_a_worker_that_does_not_answer_makes_the_agent_unready_but_its_peers_count() -> None:
    at = put_together([answer({0: 5, 1: 5}), None])
    assert (at.ready, at.answering) == (False, 1)
    assert at.reached({0: 5, 1: 5})
    assert not put_together([None, None]).ready


def test_a_partition_that_is_being_restored_is_not_reached() -> None:
    restoring = answer({0: 5})
    restoring["partitions"]["0"]["ready"] = False
    assert not put_together([restoring]).reached({0: 5})
