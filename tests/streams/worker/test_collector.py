"""The cyclic collector: kept off what lives long, and still there for what ended."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from foretide.streams.worker.collector import THRESHOLDS, Collector


class Node:
    """May be part of a cycle."""

    other: Node | None = None


def cycle() -> tuple[Node, weakref.ref[Node]]:
    one, two = Node(), Node()
    one.other, two.other = two, one
    return one, weakref.ref(one)


@pytest.fixture
def collector() -> Iterator[Collector]:
    before = gc.get_threshold()
    collector = Collector()
    yield collector
    collector.close()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_what_lives_is_set_aside_once_for_an_assignment(collector: Collector) -> None:
    assert gc.get_threshold() == THRESHOLDS
    assert not collector.look(None)
    assert gc.get_freeze_count() == 0
    state, _ = cycle()
    assert collector.look("first")
    assert not any(each is state for each in gc.get_objects())
    assert not collector.look("first")
    assert not collector.look(None)  # a rebalance: nothing to walk over yet


def test_cycles_of_an_assignment_that_ended_are_collected_with_the_next(collector: Collector) -> None:
    state, alive = cycle()
    collector.look("first")
    del state
    gc.collect()
    assert alive() is not None
    assert collector.look("second")
    assert alive() is None


def test_those_that_awake_are_set_aside_as_half_of_them_have_awoken(collector: Collector) -> None:
    assert collector.look("first", 100)
    state, _ = cycle()
    assert not collector.look("first", 51)
    assert collector.look("first", 50)
    assert not any(each is state for each in gc.get_objects())
    assert not collector.look("first", 26)
    assert collector.look("first", 0)
    assert not collector.look("first", 0)
