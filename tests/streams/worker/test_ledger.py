"""The books of a partition: what may be committed, and what a snapshot is due for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretide.streams.worker.ledger import Admission, Due, Ledger


def test_admits_only_the_next_record() -> None:
    ledger = Ledger(10)
    assert ledger.admit(10) is Admission.NEXT
    assert ledger.admit(9) is Admission.BEHIND
    assert ledger.admit(11) is Admission.AHEAD


def test_nothing_handled_commits_where_it_began() -> None:
    assert Ledger(7).watermark(0) == 7


def test_a_change_without_a_snapshot_holds_the_commit_back() -> None:
    ledger = Ledger(0)
    ledger.handled("a", 0, 1.0, None)
    ledger.handled("b", 1, 2.0, None)
    ledger.handled("a", 2, 3.0, None)
    assert ledger.watermark(99) == 0
    assert ledger.oldest(1.0) == Due("a", 2)
    ledger.snapshotted("a", 5)
    assert ledger.watermark(4) == 0  # on its way, not there
    assert ledger.watermark(5) == 1  # b's change is next
    ledger.snapshotted("b", 6)
    assert ledger.watermark(6) == 3


def test_a_change_during_a_snapshot_is_owed_again() -> None:
    ledger = Ledger(0)
    ledger.handled("a", 0, 1.0, None)
    ledger.snapshotted("a", 1)
    ledger.handled("a", 1, 2.0, None)
    assert ledger.watermark(1) == 1
    assert ledger.changed_from("a") == 1


def test_outputs_hold_the_commit_back() -> None:
    ledger = Ledger(0)
    ledger.set_aside(0, 3)
    ledger.skipped(1)
    assert ledger.watermark(2) == 0
    assert ledger.watermark(3) == 2


def test_the_oldest_comes_first_and_the_unfit_is_passed_over() -> None:
    ledger = Ledger(0)
    ledger.handled("a", 0, 1.0, None)
    ledger.handled("b", 1, 2.0, None)
    assert ledger.oldest(0.5) is None
    assert ledger.oldest(5.0) == Due("a", 0)
    assert ledger.oldest(5.0, unfit={"a"}) == Due("b", 1)
    assert ledger.oldest_since() == 1.0


@given(st.lists(st.tuples(st.sampled_from("abcxs"), st.booleans(), st.booleans()), max_size=60))
def test_a_crash_at_any_time_finds_all_it_needs(steps: list[tuple[str, bool, bool]]) -> None:
    """What lies at or above the watermark is read again; all below must be in arrived snapshots and outputs."""
    ledger = Ledger(0)
    sequence = confirmed = 0
    covered = {"a": -1, "b": -1, "c": -1}  # last offset in a snapshot, by sequence of its arrival
    waiting: list[tuple[int, str, int]] = []
    outputs: dict[int, int] = {}
    history: list[tuple[str, int]] = []
    for kind, with_output, arrive in steps:
        offset = ledger.expected
        if kind == "s":
            due = ledger.oldest(float("inf"))
            if due is not None:
                sequence += 1
                waiting.append((sequence, due.key, due.last_offset))
                ledger.snapshotted(due.key, sequence)
        else:
            if with_output:
                sequence += 1
                outputs[offset] = sequence
            if kind == "x":
                ledger.set_aside(offset, sequence if with_output else None)
            else:
                ledger.handled(kind, offset, float(offset), sequence if with_output else None)
                history.append((kind, offset))
        if arrive:
            confirmed = sequence
        for number, key, last in waiting:
            if number <= confirmed:
                covered[key] = max(covered[key], last)
        watermark = ledger.watermark(confirmed)
        assert all(offset <= covered[key] for key, offset in history if offset < watermark)
        assert all(number <= confirmed for offset, number in outputs.items() if offset < watermark)
        assert watermark <= ledger.expected
