"""Whatever changes from snapshot to snapshot, the changelog gives back the last one that was written whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from foretide.streams.worker.changelog import Snapshots
from foretide.streams.worker.envelope import Envelope, decode_envelope, part_key
from foretide.streams.worker.parts import join
from foretide.streams.worker.saving import Saving

Log = list[tuple[str, bytes]]


def snapshot(offset: int, *parts: bytes, epoch: int = 1, key: str = "app") -> Envelope:
    return Envelope("f/1", key, 0, offset, epoch, join(parts) if len(parts) > 1 else parts[0])


def read(log: Log) -> Snapshots:
    found = Snapshots()
    for place, (_, value) in enumerate(log):
        found.add(str(place), value)
    return found


def compacted(log: Log) -> Log:
    """The newest record of each key, in the log's order."""
    last = {key: place for place, (key, _) in enumerate(log)}
    return [log[place] for place in sorted(last.values())]


def kept(log: Log, key: str = "app") -> bytes | None:
    envelope = read(log).by_key.get(key)
    return None if envelope is None else envelope.payload


def test_only_the_first_part_and_what_changed_is_written() -> None:
    saving = Saving()
    log = list(saving.records(snapshot(1, b"a", b"b", b"c")))
    assert [key for key, _ in log] == [part_key("app", 1), part_key("app", 2), "app"]
    log += saving.records(snapshot(2, b"A", b"b", b"C"))
    assert [key for key, _ in log[3:]] == [part_key("app", 2), "app"]
    log += saving.records(snapshot(3, b"A", b"b", b"C"))
    assert [key for key, _ in log[5:]] == ["app"]
    assert decode_envelope(log[-1][1]).needs == ((1, 1), (1, 2))
    assert kept(log) == kept(compacted(log)) == join((b"A", b"b", b"C"))


def test_a_state_of_one_part_is_one_record() -> None:
    ((key, value),) = Saving().records(snapshot(1, b"whole"))
    assert key == "app"
    assert decode_envelope(value).needs == ()
    assert kept([(key, value)]) == b"whole"


def test_a_new_owner_writes_on_where_the_one_before_ended() -> None:
    log = list(Saving().records(snapshot(1, b"a", b"b", b"c")))
    found = read(log)
    heir = Saving()
    assert found.stands(found.by_key["app"])
    heir.inherit(found.by_key["app"], found.by_key["app"].payload)
    written = list(heir.records(snapshot(5, b"a2", b"b", b"c2", epoch=2)))
    assert [key for key, _ in written] == [part_key("app", 2), "app"]
    assert kept(log + written) == kept(compacted(log + written)) == join((b"a2", b"b", b"c2"))


def test_the_first_snapshot_of_who_inherited_nothing_is_whole() -> None:
    written = list(Saving().records(snapshot(5, b"a", b"b", epoch=2)))
    assert [key for key, _ in written] == [part_key("app", 1), "app"]


def test_a_part_whose_snapshot_never_came_is_passed_over_and_not_built_on() -> None:
    saving = Saving()
    log = list(saving.records(snapshot(1, b"a", b"b")))
    log += list(saving.records(snapshot(2, b"A", b"B")))[:1]
    found = read(log)
    assert found.by_key["app"].payload == join((b"a", b"b"))
    assert not found.stands(found.by_key["app"]), "compaction will drop the part that it needs"


def test_late_records_of_an_earlier_owner_do_not_count() -> None:
    late = Saving()
    log = list(late.records(snapshot(1, b"a", b"b")))
    owner = Saving()
    log += owner.records(snapshot(4, b"c", b"d", epoch=2))
    log += late.records(snapshot(9, b"e", b"f"))
    log += owner.records(snapshot(5, b"C", b"d", epoch=2))
    assert kept(log) == join((b"C", b"d"))


def test_a_snapshot_without_one_of_its_parts_is_told_and_the_one_before_it_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    saving = Saving()
    log = list(saving.records(snapshot(1, b"a", b"b")))
    log += list(saving.records(snapshot(2, b"A", b"B")))[1:]
    found = read(log)
    assert found.by_key["app"].payload == join((b"a", b"b"))
    assert found.unreadable == 1
    assert "2: not all parts of the snapshot are there" in caplog.text


STATES = st.lists(st.tuples(*[st.sampled_from([b"", b"x", b"yy" * 600])] * 3), min_size=1, max_size=8)


@given(STATES, st.data())
def test_wherever_the_writing_breaks_off_the_last_whole_snapshot_is_read(
    states: list[tuple[bytes, ...]], data: st.DataObject
) -> None:
    saving = Saving()
    log: Log = []
    ends: list[int] = []
    for offset, parts in enumerate(states):
        log += saving.records(snapshot(offset, *parts))
        ends.append(len(log))
    cut = data.draw(st.integers(0, len(log)))
    whole = [state for state, end in zip(states, ends, strict=True) if end <= cut]
    assert kept(log[:cut]) == (join(whole[-1]) if whole else None)
    again = data.draw(st.integers(0, cut))
    assert kept(log[:cut] + log[again:cut]) == (join(whole[-1]) if whole else None), "records may arrive twice"
    if cut in ends:
        assert kept(compacted(log[:cut])) == join(whole[-1])


def test_a_snapshot_that_lacks_its_parts_has_no_payload() -> None:
    *_, (_, value) = Saving().records(snapshot(1, b"a", b"b"))
    with pytest.raises(Exception, match="1 parts of the state are missing"):
        _ = replace(decode_envelope(value), others=()).payload
